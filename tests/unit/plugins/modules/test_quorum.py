"""Who is counted, and that nobody goes who may be meant or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import rafts, swarm
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.quorum import Raft, Voter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member
from ansible_collections.arpanet.cluster.plugins.modules import quorum

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    """The nodes of the swarm. Consul's only server is `node1.east`."""
    found: list[Member] = []
    monkeypatch.setattr(swarm.Swarm, "members", lambda _: found)
    monkeypatch.setattr(rafts, "consul_raft", lambda _: Raft("Consul", "servers", (Voter("node1.east", True),)))
    monkeypatch.setattr(quorum, "connect", lambda _: None)
    return found


def manager(number: int, name: str, raft: bool = True, up: bool = True) -> Member:
    state = "ready" if up else "down"
    return Member(f"n{number}", name, "manager", "active", state, raft, up, address=f"10.0.0.{number}")


def test_a_name_that_may_be_two_nodes_is_refused(run: Run, members: list[Member]) -> None:
    members += [manager(1, "node1.east"), manager(2, "node1.west"), manager(3, "node3")]
    said = run("quorum", {"nodes": ["node1"], "force": True})["msg"]
    assert said.startswith("node1 cannot go: node1 may be node1.east or node1.west")


def test_who_a_recovery_went_on_without_does_not_count(run: Run, members: list[Member]) -> None:
    members += [manager(1, "node1.east"), manager(2, "node2", raft=False, up=False), manager(3, "node3", False, False)]
    found = run("quorum", {"nodes": ["node2"], "gone": True, "patience": 0})
    assert found.get("swarm") == {"alive": 1, "total": 1, "needed": 1}
