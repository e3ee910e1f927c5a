"""A node that is emptied: replacements first, and as it was where one of them does not come up."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import drain as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.drain import DrainError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.surge import moved_off
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import NodeChange
from fakes.moves import Locks, Moving, Spec, surge

ALL = ["node1 pause", "update abc_web", "update abc_web", "node1 drain"]


@pytest.fixture
def swarm() -> Moving:
    found = Moving()
    found.add("abc_web", "node1", "node2")
    return found


def drain(swarm: Moving, stop_stuck: bool = False, check: bool = False, consul: Locks | None = None) -> Spec:
    return adapter.drain(surge(swarm, consul or Locks()), swarm, swarm.member("node1"), stop_stuck, check)


def activate(swarm: Moving, check: bool = False) -> Spec:
    return adapter.activate(surge(swarm, Locks()), swarm, swarm.member("node1"), check)


def is_as_before(swarm: Moving, before: dict[str, Spec]) -> None:
    """A claim: nothing has moved or stopped, and node1 takes instances."""
    assert swarm.services() == before
    assert swarm.places("abc_web") == ["node1", "node2"]
    assert swarm.member("node1").availability == "active"


def test_replacements_come_first_and_the_service_is_what_it_was(swarm: Moving) -> None:
    before = swarm.services()
    swarm.add("abc_each", "node1", "node2", "node3", everywhere=True)
    planned = drain(swarm, check=True)
    assert swarm.calls == []
    assert drain(swarm) == planned
    assert planned["text"].splitlines() == [
        "~ service abc_web (1 instance to other nodes)",
        "- service abc_each (stops on node1: it runs on every node)",
        "~ node node1: active -> drain",
    ]
    assert swarm.calls == ALL
    assert swarm.places("abc_web") == ["node2", "node3"]
    assert swarm.places("abc_each") == ["node2", "node3"]
    assert swarm.spec("abc_web") == before["abc_web"]["Spec"]
    assert drain(swarm) == {"changed": False, "text": "node1 is drained", "diff": {}}


def test_what_may_not_be_there_twice_is_said_to_stop_first(swarm: Moving) -> None:
    swarm.add("abc_db", "node1", order="stop-first")
    before = swarm.spec("abc_db")
    planned = drain(swarm, check=True)
    why = "stopped here first: its update_config.order is stop-first"
    assert f"~ service abc_db (1 instance to other nodes, {why})" in planned["text"].splitlines()
    assert drain(swarm) == planned
    assert swarm.places("abc_db") == ["node2"]
    assert swarm.spec("abc_db") == before


def test_what_cannot_move_is_refused_before_anything_is_changed(swarm: Moving) -> None:
    swarm.add("abc_db", "node1", on="node1")
    with pytest.raises(DrainError, match=r"service abc_db: no other node may run it .* Nothing was changed"):
        drain(swarm)
    assert swarm.calls == []


def test_what_cannot_move_is_stopped_when_that_is_asked_for(swarm: Moving) -> None:
    swarm.add("abc_db", "node1", on="node1")
    assert "- service abc_db (stops on node1: " in drain(swarm, stop_stuck=True)["text"]
    assert swarm.calls == ALL
    assert (swarm.places("abc_db"), swarm.places("abc_web")) == ([], ["node2", "node3"])


def test_what_has_come_meanwhile_and_cannot_move_is_named(swarm: Moving) -> None:
    def come(change: NodeChange) -> None:
        if change.after["availability"] == "pause":
            swarm.add("abc_db", "node1", on="node1")

    swarm.before_apply = come
    with pytest.raises(DrainError, match=r"abc_db: .* active as before; .* stop them with -e stop_pinned=true"):
        drain(swarm)
    assert swarm.calls == ["node1 pause", "node1 active"]


@pytest.mark.parametrize("of", ["full", "ill"])
@pytest.mark.parametrize("stop_stuck", [False, True])
def test_a_replacement_that_does_not_come_up_leaves_all_as_it_was(swarm: Moving, stop_stuck: bool, of: str) -> None:
    if stop_stuck:
        swarm.add("abc_db", "node1", on="node1")
    before = swarm.services()
    getattr(swarm, of).add("abc_web")
    with pytest.raises(DrainError, match=r"abc_web: 1 of 2 instances arrived .* is active as before") as raised:
        drain(swarm, stop_stuck)
    # It stops what no other node may run, and this one may run there.
    assert "stop_pinned" not in str(raised.value)
    is_as_before(swarm, before)
    assert not stop_stuck or swarm.places("abc_db") == ["node1"]


@pytest.mark.parametrize("stop_stuck", [False, True])
def test_a_deployment_that_somebody_else_works_on_is_left_alone(swarm: Moving, stop_stuck: bool) -> None:
    before = swarm.services()
    consul = Locks()
    consul.held_by("a deploy", "abc")
    with pytest.raises(DrainError, match="deployment abc: a deploy has been working on it since noon"):
        drain(swarm, stop_stuck, consul=consul)
    is_as_before(swarm, before)


def test_what_was_broken_off_goes_on_or_is_put_back(swarm: Moving) -> None:
    before = swarm.spec("abc_web")
    swarm.alter("abc_web", moved_off(before, "node1"))
    planned = activate(swarm, check=True)
    assert planned["text"] == "~ service abc_web (may run on node1 again)"
    assert swarm.calls == []
    drain(swarm)
    assert swarm.spec("abc_web") == before
    assert swarm.places("abc_web") == ["node2", "node3"]
    swarm.alter("abc_web", moved_off(before, "node1"))
    assert drain(swarm)["changed"]
    assert swarm.spec("abc_web") == before
    swarm.alter("abc_web", moved_off(before, "node1"))
    assert activate(swarm)["changed"]
    assert swarm.spec("abc_web") == before
    assert not activate(swarm)["changed"]


def test_what_still_stops_is_waited_for_by_the_next_run_as_well(swarm: Moving) -> None:
    """The first one gave up waiting; who runs the second takes the node away next."""
    drain(swarm)
    calls = len(swarm.calls)
    swarm.linger("node1")
    assert not drain(swarm, check=True)["changed"]
    with pytest.raises(DrainError, match="instances on node1 are still stopping"):
        drain(swarm)
    swarm.linger("node1", False)
    assert not drain(swarm)["changed"]
    assert len(swarm.calls) == calls


def test_what_belongs_on_a_node_is_waited_for_by_the_next_run_as_well(swarm: Moving) -> None:
    swarm.add("abc_each", "node2", "node3", everywhere=True)
    assert not activate(swarm, check=True)["changed"]
    with pytest.raises(DrainError, match="instances that belong on node1 do not run there"):
        activate(swarm)
    assert swarm.calls == []
