"""What is known of a node, and that one that lives is not taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import removal
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.removal import Step, Traces
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member
from ansible_collections.arpanet.cluster.plugins.modules import node_removal

Run = Callable[..., dict[str, Any]]

LIVES = Traces("node4", (Member("n4", "node4", "worker", state="ready"),), "alive", serf="alive")
LEAVES = Traces("node4", (Member("n4", "node4", "worker", state="ready"),), "leaving", serf="left")
DEAD = Traces("node4", (Member("n4", "node4", "worker", state="down"),), "failed", serf="failed")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Traces]:
    """What is found of the node, one look after the other; what is taken away is in `removed`."""
    looks: list[Traces] = []
    monkeypatch.setattr(node_removal, "connect", lambda asked, purpose: None)
    monkeypatch.setattr(removal, "_POLL_SECONDS", 0)
    monkeypatch.setattr(removal.Cluster, "traces", lambda *_: looks.pop(0) if len(looks) > 1 else looks[0])
    return looks


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    parts: list[str] = []

    def take_away(_cluster: removal.Cluster, step: Step, _traces: Traces) -> None:
        parts.append(step.part)

    monkeypatch.setattr(removal.Cluster, "take_away", take_away)
    return parts


def test_a_dead_node_is_taken_away(run: Run, found: list[Traces], removed: list[str]) -> None:
    found.append(DEAD)
    asked = run("node_removal", {"node": "node4"}, check=True)
    assert (asked["changed"], asked["heard"], removed) == (True, [], [])
    assert run("node_removal", {"node": "node4"})["removed"] == asked["removed"]
    assert removed == ["consul", "serf", "swarm"]


def test_a_node_that_lives_is_not(run: Run, found: list[Traces], removed: list[str]) -> None:
    found.append(LIVES)
    said = run("node_removal", {"node": "node4", "timeout": 0})["msg"]
    assert said.startswith("node4 is not removed: it is still alive in Consul and Serf. Stop those services there")
    assert removed == []


def test_one_that_has_left_is_no_longer_waited_for(run: Run, found: list[Traces], removed: list[str]) -> None:
    found += [LIVES, LEAVES, Traces("node4", LEAVES.swarm, "left", serf="left"), LIVES]
    assert run("node_removal", {"node": "node4"})["removed"][-1] == "node node4 of the swarm (worker, ready)"
    assert removed == ["consul", "serf", "swarm"]


def test_who_asks_only_learns_who_hears_it(run: Run, found: list[Traces], removed: list[str]) -> None:
    found.append(LIVES)
    assert run("node_removal", {"node": "node4", "timeout": 0}, check=True)["heard"] == ["Swarm", "Consul", "Serf"]
    # Swarm is the last to notice.
    found[:] = [LIVES, LEAVES, DEAD, LIVES]
    asked = run("node_removal", {"node": "node4"}, check=True)
    assert (asked["heard"], asked["ready"], removed) == ([], False, [])
