"""Which images a node pulls before it needs them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import pulls
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tags import Record

Spec = dict[str, Any]
WEB, DB = "web:1@sha256:aa", "db@sha256:bb"


def service(image: str, *constraints: str) -> Spec:
    return {"TaskTemplate": {"ContainerSpec": {"Image": image}, "Placement": {"Constraints": [*constraints]}}}


def info(name: str = "node2", **swarm: Any) -> Spec:
    return {
        "Name": name,
        "OSType": "linux",
        "Architecture": "x86_64",
        "Labels": ["disk=ssd", "bare"],
        "Swarm": {"NodeID": "id2", "NodeAddr": "192.0.2.2", "ControlAvailable": False, **swarm},
    }


NODE = pulls.node_of(info(), Record(labels={"zone": "a"}))


def test_each_image_with_the_constraints_of_all_that_run_it() -> None:
    services = {
        "abc_a": service(WEB, "node.labels.zone==a"),
        "abc_b": service(WEB),
        "abc_c": service(WEB),
        "abc_d": service(DB, "node.role==manager"),
        "abc_e": service("local:1"),
    }
    assert pulls.announced(services) == {DB: [["node.role==manager"]], WEB: [["node.labels.zone==a"], []]}


@pytest.mark.parametrize(
    ("constraints", "mine"),
    [
        ([[]], True),
        ([["node.labels.zone==a"]], True),
        ([["node.labels.zone==b"]], False),
        ([["node.labels.zone==b"], ["node.hostname==node2"]], True),
        ([["node.labels.zone==a", "node.role==manager"]], False),
        ([["node.role==worker"]], True),
        ([["node.id==id2"]], True),
        ([["node.ip==192.0.2.2"]], True),
        ([["engine.labels.disk==ssd"]], True),
        ([["node.platform.arch==x86_64"]], True),
        ([["nonsense"]], False),
        ([], False),
        (7, False),
    ],
)
def test_a_node_pulls_what_it_may_run(constraints: Any, mine: bool) -> None:
    assert pulls.wanted([{WEB: constraints}], NODE) == ([WEB] if mine else [])


def test_of_all_deployments_each_once() -> None:
    assert pulls.wanted([{WEB: [[]], DB: [[]]}, {WEB: [[]]}, {}], NODE) == [DB, WEB]


def test_a_manager() -> None:
    assert pulls.node_of(info(ControlAvailable=True), Record())["Spec"]["Role"] == "manager"


def test_an_engine_that_is_in_no_swarm() -> None:
    assert pulls.wanted([{WEB: [[]]}], pulls.node_of({"Name": "node2"}, Record())) == [WEB]


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        ("redis@sha256:a", ("redis", "sha256:a")),
        ("redis:7@sha256:a", ("redis", "sha256:a")),
        ("127.0.0.1:5000/shop/web:0f1e@sha256:a", ("127.0.0.1:5000/shop/web", "sha256:a")),
        ("127.0.0.1:5000/web@sha256:a", ("127.0.0.1:5000/web", "sha256:a")),
    ],
)
def test_the_tag_is_left_out(image: str, pulled: tuple[str, str]) -> None:
    assert pulls.by_digest(image) == pulled
