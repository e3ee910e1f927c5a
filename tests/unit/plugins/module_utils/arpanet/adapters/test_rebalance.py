"""Instances that are spread evenly, also after a run that did not come to its end."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import Locked
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rebalance import (
    RebalanceError,
    rebalance,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.surge import moved_off
from fakes.moves import Locks, Moving, Spec, surge

BACK = "~ service abc_web (may run on every node again: a move of its instances was broken off)"
EVEN = {"changed": False, "text": "all is even", "moves": []}


@pytest.fixture
def swarm() -> Moving:
    found = Moving()
    found.add("abc_web", "node1", "node1", "node1", "node2")
    return found


def broken_off(swarm: Moving, name: str = "abc_web") -> Spec:
    """Who moves an instance off node1 dies; what the service was."""
    before = swarm.spec(name)
    swarm.alter(name, moved_off(before, "node1", 1))
    return before


def test_a_node_gets_its_share(swarm: Moving) -> None:
    before = swarm.spec("abc_web")
    result, reasons = rebalance(surge(swarm, Locks()), "", check=False)
    assert (result["text"], reasons) == ("~ service abc_web (1 instance from node1 to node3)", [])
    assert swarm.places("abc_web") == ["node1", "node1", "node2", "node3"]
    assert swarm.spec("abc_web") == before
    assert rebalance(surge(swarm, Locks()), "", check=False) == (EVEN, [])


def test_what_was_broken_off_is_put_back_where_all_is_even(swarm: Moving) -> None:
    before = broken_off(swarm)
    # It had come so far by then.
    swarm.update_service(swarm.spec("abc_web"))
    assert swarm.places("abc_web") == ["node1", "node1", "node2", "node3"]
    assert rebalance(surge(swarm, Locks()), "", check=False) == ({"changed": True, "text": BACK, "moves": []}, [])
    assert swarm.spec("abc_web") == before
    assert swarm.places("abc_web") == ["node1", "node1", "node2", "node3"]
    assert rebalance(surge(swarm, Locks()), "", check=False) == (EVEN, [])


def test_what_was_broken_off_is_put_back_and_made(swarm: Moving) -> None:
    before = broken_off(swarm)
    result, reasons = rebalance(surge(swarm, Locks()), "abc", check=False)
    assert result["text"].splitlines() == [BACK, "~ service abc_web (1 instance from node1 to node3)"]
    assert not reasons
    assert swarm.spec("abc_web") == before
    assert swarm.places("abc_web") == ["node1", "node1", "node2", "node3"]


def test_asked_only(swarm: Moving) -> None:
    broken_off(swarm)
    asked = rebalance(surge(swarm, Locks()), "", check=True)
    assert swarm.calls == []
    assert asked == rebalance(surge(swarm, Locks()), "", check=False)


def test_other_deployments_are_left_alone(swarm: Moving) -> None:
    swarm.add("xyz_web", "node1")
    broken_off(swarm, "xyz_web")
    rebalance(surge(swarm, Locks()), "abc", check=False)
    assert {*swarm.calls} == {"update abc_web"}
    with pytest.raises(RebalanceError, match="there is no deployment gone here"):
        rebalance(surge(swarm, Locks()), "gone", check=False)


def test_who_still_moves_is_not_disturbed(swarm: Moving) -> None:
    broken_off(swarm)
    consul = Locks()
    consul.held_by("the move off node1", "abc")
    with pytest.raises(Locked, match="deployment abc: the move off node1 has been working on it since noon"):
        rebalance(surge(swarm, consul), "", check=False)
    assert swarm.calls == []
