"""A manager whose peers are gone, as its engine tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import recovery
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Local, Member


class Engine:
    """What is asked of a node's engine; it has a leader while there are `nodes`."""

    def __init__(self, local: Local | None, nodes: tuple[Member, ...] = ()) -> None:
        self._local, self._nodes = local, nodes
        self.calls: list[str] = []

    def __call__(self, **_: Any) -> Engine:
        return self

    def local(self) -> Local:
        if self._local is None:
            raise SwarmError("no Docker engine answers")
        return self._local

    def wait(self, _timeout: float, manager: bool) -> None:
        assert manager
        self.members()

    def leave(self) -> None:
        self.calls.append("leave")

    def left(self) -> None:
        self.calls.append("left")

    def members(self) -> list[Member]:
        if not self._nodes:
            raise SwarmError("The swarm does not have a leader.")
        return [*self._nodes]


MANAGER = Local("active", "n1", "", manager=True)
# What a recovery leaves behind of its peers is a manager by its role alone.
NODES = (Member("n1", "a", "manager", in_raft=True, reachable=True, leader=True), Member("n2", "b", "manager"))


@pytest.mark.parametrize(
    ("engine", "state", "node", "quorum", "managers"),
    [
        (Engine(MANAGER, NODES), "active", "n1", True, ["n1"]),
        (Engine(MANAGER), "active", "n1", False, []),
        (Engine(Local("inactive")), "inactive", "", False, []),
        (Engine(None), "", "", False, []),
    ],
)
def test_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: Engine, state: str, node: str, quorum: bool,
    managers: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(recovery, "Swarm", engine)
    monkeypatch.setattr(recovery, "SWARM", tmp_path)
    (tmp_path / "raft").mkdir()
    found = recovery.look()["swarm"]
    assert (found["state"], found["node_id"], found["quorum"], found["managers"]) == (state, node, quorum, managers)
    # A stopped engine does not say that it is one.
    assert found["manager"] is (state != "inactive")


@pytest.mark.parametrize(
    ("nodes", "calls"),
    [
        ((), ["leave", "left"]),
        # It has joined them anew, and they would lose their majority with it.
        (NODES, []),
    ],
)
def test_who_has_a_leader_by_now_does_not_leave(
    monkeypatch: pytest.MonkeyPatch, nodes: tuple[Member, ...], calls: list[str]
) -> None:
    engine = Engine(MANAGER, nodes)
    monkeypatch.setattr(recovery, "Swarm", engine)
    assert recovery.leave(90) is bool(calls)
    assert engine.calls == calls


class Forgetful:
    """A swarm that went on; `n3` is called otherwise than the inventory does, and `n4` joins anew at the third look."""

    def __init__(self) -> None:
        self.looks, self.gone = 0, []

    def members(self) -> list[Member]:
        self.looks += 1
        known = [
            *(Member(f"n{number}", name, "manager", state="down") for number, name in ((2, "b"), (3, "gamma"))),
            Member("n4", "delta", "manager", state="ready" if self.looks > 2 else "down", in_raft=self.looks > 2),
        ]
        return [member for member in known if member.id not in self.gone]

    def forget(self, node: str) -> None:
        self.gone.append(node)


@pytest.mark.parametrize(("staying", "gone", "looks"), [((), ["n2"], 1), (("n1",), ["n2", "n3"], 5)])
def test_who_is_called_otherwise_goes_once_it_could_have_joined(
    monkeypatch: pytest.MonkeyPatch, staying: tuple[str, ...], gone: list[str], looks: int
) -> None:
    swarm = Forgetful()
    monkeypatch.setattr(recovery.time, "monotonic", lambda: float(swarm.looks))
    monkeypatch.setattr(recovery.time, "sleep", lambda _: None)
    assert recovery.forget(swarm, ["b"], 3, staying) == gone
    assert (swarm.gone, swarm.looks) == (gone, looks)
