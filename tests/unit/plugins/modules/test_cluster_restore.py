"""What is put back on a node, and on which it is not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import backup as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import consul_raw, swarm
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Local, Member

Run = Callable[..., dict[str, Any]]
SAVED = backup.Backup(
    {"created": "20260301T120000Z", "cluster": "c1", "node": "alpha", "node_id": "n1"},
    {
        "swarm/docker-state.json": b"{}",
        "keys/serf": b"saved\n",
        backup.CONSUL_KEYS: b'[{"key": "mine", "flags": 0, "value": "b2xk"}]',
        backup.CONSUL_EXTERNAL: b"[]",
    },
)
IN_IT = Local("active", "n1", "c1", manager=True)


class Node:
    """A node with an engine, a Consul and a directory of keys."""

    def __init__(self, root: Path) -> None:
        self.keys, self.swarm, self.mark = root / "keys", root / "swarm", root / "restored.json"
        self.engine: Local | None = Local("inactive")
        self.calls: list[str] = []
        self.written: list[str] = []

    # The engine

    def __call__(self, **_: Any) -> Node:
        return self

    def local(self) -> Local:
        if self.engine is None:
            raise SwarmError("no Docker engine answers")
        return self.engine

    def members(self) -> list[Member]:
        return [Member("n1", "alpha", "manager")]

    def go_on_alone(self, address: str, *_: Any, **__: Any) -> None:
        self.calls.append(f"go on as {address}")
        self.engine = IN_IT

    def systemctl(self, *words: str) -> None:
        self.calls.append(" ".join(words))

    # Consul

    def ask(self, method: str, path: str, _body: bytes = b"") -> bytes:
        if method == "PUT":
            self.written.append(path)
        if path.startswith("/v1/kv/"):
            return b'[{"Key": "mine", "Value": "bmV3"}]'
        return b"[]"

    def has(self, *, step: str = "", engine: Local | None = IN_IT) -> None:
        """A cluster with keys of its own, that a restore has made where there is a step."""
        self.engine = engine
        self.keys.mkdir(exist_ok=True)
        (self.keys / "serf").write_text("newer\n")
        if step:
            self.mark.write_text(json.dumps({"backup": dict(SAVED.about), "step": step}))


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    found = Node(tmp_path)
    for name, value in {
        "KEYS": found.keys,
        "SWARM": found.swarm,
        "MARK": found.mark,
        "Swarm": found,
        "ask": found.ask,
        "go_on_alone": found.go_on_alone,
        "_systemctl": found.systemctl,
    }.items():
        monkeypatch.setattr(adapter, name, value)
    monkeypatch.setattr(swarm, "STATE", found.swarm)
    return found


@pytest.fixture
def restore(run: Run) -> Run:
    archive = base64.b64encode(backup.pack(SAVED)).decode()

    def call(part: str, check: bool = False) -> dict[str, Any]:
        asked = {"from": "a.vault", "part": part, "address": "192.0.2.1", "archive": archive}
        return run("cluster_restore", asked, check)

    return call


def test_a_fresh_node_gets_all_once(node: Node, restore: Run) -> None:
    assert [restore(part, True)["changed"] for part in ("swarm", "keys", "consul")] == [True, True, True]
    assert not node.mark.exists() and not node.calls
    for part, reached in ("keys", ""), ("swarm", ""), ("consul", "on"):
        found = restore(part)
        assert (found["changed"], found["reached"]) == (True, reached)
    assert (node.keys / "serf").read_text() == "saved\n"
    assert (node.swarm / "docker-state.json").read_text() == "{}"
    assert node.calls == ["stop docker.socket docker.service", "start docker.service", "go on as 192.0.2.1"]
    assert node.written == ["/v1/kv/mine?flags=0"]
    # What is changed from now on is meant.
    (node.keys / "serf").write_text("rotated\n")
    assert [restore(part)["changed"] for part in ("swarm", "keys", "consul")] == [False, False, False]
    assert (node.keys / "serf").read_text() == "rotated\n"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("part", ["swarm", "keys", "consul"])
@pytest.mark.parametrize(
    "engine",
    [IN_IT, Local("active", "n9", "c9", manager=True), Local("active", "n9"), Local("locked"), Local("pending"), None],
)
def test_nothing_is_put_back_on_a_node_that_is_in_a_swarm(
    node: Node, restore: Run, engine: Local | None, part: str, check: bool
) -> None:
    node.has(engine=engine)
    node.swarm.mkdir()
    (node.swarm / "docker-state.json").write_text("its own")
    found = restore(part, check)
    assert found["failed"] and "this node is in a swarm" in found["msg"]
    assert (node.keys / "serf").read_text() == "newer\n"
    assert (node.swarm / "docker-state.json").read_text() == "its own"
    assert (node.calls, node.written) == ([], [])


def test_an_engine_that_is_not_there_yet_remembers_nothing(node: Node, restore: Run) -> None:
    node.engine = None
    assert restore("swarm", True)["changed"]


def test_a_restore_that_was_cut_off_in_the_swarm_writes_it_once_more(node: Node, restore: Run) -> None:
    node.has(step="begun", engine=Local("active", "n1", "", manager=True))
    assert restore("swarm")["changed"]
    assert node.calls[-1] == "go on as 192.0.2.1"


def test_a_restore_that_was_cut_off_after_the_swarm_puts_back_the_rest(node: Node, restore: Run) -> None:
    node.has(step="on")
    assert [restore(part)["changed"] for part in ("keys", "swarm", "consul")] == [True, False, True]
    assert (node.keys / "serf").read_text() == "saved\n"
    assert (node.calls, node.written) == ([], ["/v1/kv/mine?flags=0"])


@pytest.mark.parametrize(
    ("status", "said", "failed"),
    [
        pytest.param(404, "", False, id="a Consul with no key at all"),
        pytest.param(500, "rpc error: 404 of them", True, id="an error that tells of a 404"),
    ],
)
def test_what_consul_does_not_have(
    node: Node, restore: Run, monkeypatch: pytest.MonkeyPatch, status: int, said: str, failed: bool
) -> None:
    answers = {"/v1/kv/?recurse&consistent": (status, said.encode())}
    monkeypatch.setattr(consul_raw, "request", lambda _method, path, *_: answers.get(path, (200, b"[]")))
    monkeypatch.setattr(adapter, "ask", consul_raw.ask)
    node.has(step="on")
    found = restore("consul")
    assert (bool(found.get("failed")), found.get("changed")) == (failed, None if failed else True)
