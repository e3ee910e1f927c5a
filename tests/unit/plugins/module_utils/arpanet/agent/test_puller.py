"""The agent pulls what is announced and says so."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.containers import ContainersError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pulls import Pulls
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.puller import Puller
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tags import Record
from fakes.consul import FakeConsul

WEB, DB = "web@sha256:aa", "db@sha256:bb"


class Docker:
    """Images of a node."""

    def __init__(self) -> None:
        self.images: set[str] = set()
        self.broken: set[str] = set()
        self.pulls: list[str] = []
        self.down = False

    def info(self) -> dict[str, Any]:
        if self.down:
            raise ContainersError("Docker does not answer")
        return {"Name": "node2", "Swarm": {"NodeID": "id2"}}

    def has_image(self, image: str) -> bool:
        return image in self.images

    def pull(self, image: str) -> None:
        self.pulls.append(image)
        if image in self.broken:
            raise ContainersError(f"pulling {image}: no such image")
        self.images.add(image)


class Node:
    """A puller with everything around it."""

    def __init__(self) -> None:
        self.consul, self.docker, self.slept = FakeConsul(), Docker(), 0
        self.said: list[dict[str, str]] = []
        pulls = Pulls(self.consul)
        report = pulls.report
        pulls.report = lambda node, states: (self.said.append(dict(states)), report(node, states))
        self.puller = Puller(pulls, self.docker, lambda: Record(labels={"zone": "a"}), self.sleep)

    def sleep(self, _seconds: float) -> None:
        self.slept += 1

    def announce(self, **images: list[list[str]]) -> None:
        self.consul.put(names.images_key("abc"), {{"web": WEB, "db": DB}[name]: use for name, use in images.items()})


@pytest.fixture
def node() -> Node:
    return Node()


def test_pulled_once_and_said_before_and_after(node: Node) -> None:
    node.docker.images = {DB}
    node.announce(web=[[]], db=[["node.labels.zone==a"]])
    node.puller.follow()
    assert node.docker.pulls == [WEB]
    assert node.said == [{DB: "there", WEB: "pulling"}, {DB: "there", WEB: "there"}]
    node.puller.follow()
    assert node.docker.pulls == [WEB]


def test_what_is_for_other_nodes_is_left_to_them(node: Node) -> None:
    node.announce(web=[["node.labels.zone==b"]])
    node.puller.follow()
    assert (node.docker.pulls, node.said) == ([], [{}])


def test_one_that_cannot_be_pulled_keeps_no_other_back(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    node.docker.broken = {DB}
    node.announce(web=[[]], db=[[]])
    node.puller.follow()
    node.puller.follow()
    assert node.docker.pulls == [DB, WEB, DB]
    assert node.said[-1] == {DB: f"pulling {DB}: no such image", WEB: "there"}
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        f"puller: pulling {DB}: no such image"
    ]


def test_without_docker_and_consul_it_waits(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.announce(web=[[]])
    node.docker.down = True
    node.puller.follow()
    assert node.slept == 1
    node.docker.down = False

    def fails(*_: Any) -> None:
        raise ConsulError("no")

    with monkeypatch.context() as patched:
        patched.setattr(node.consul, "wait_below", fails)
        node.puller.follow()
    assert node.slept == 2
    node.puller.follow()
    assert node.docker.pulls == [WEB]
