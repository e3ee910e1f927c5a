"""Who goes on, from what the managers that are left say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.recovery import given_up, plan
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member

MANAGERS = ["a", "b", "c", "d", "e"]


def look(number: int, managers: tuple[int, ...] = (), leader: str = "", **swarm: Any) -> dict[str, Any]:
    """A manager that is left; with a leader it knows which nodes are `managers`."""
    return {
        "swarm": {
            "state": "active",
            "node_id": f"n{number}",
            "manager": True,
            "quorum": bool(managers),
            "managers": [f"n{one}" for one in managers],
            "autolock": False,
            "error": "",
            **swarm,
        },
        "consul": {"server": True, "id": f"id{number}", "address": f"192.0.2.{number}", "leader": leader},
    }


NEW = {
    "swarm": {
        "state": "",
        "node_id": "",
        "manager": False,
        "quorum": False,
        "managers": [],
        "autolock": False,
        "error": "-",
    },
    "consul": {"server": False, "id": "", "address": "", "leader": ""},
}


def test_one_of_three() -> None:
    found = plan({"b": look(2)}, ["a", "b", "c"])
    assert (found.problem, found.swarm, found.consul, found.leaving, found.lost) == ("", "b", ("b",), (), ("a", "c"))
    assert found.peers == [{"id": "id2", "address": "192.0.2.2:8300", "non_voter": False}]
    assert found.text().splitlines() == [
        "lost for good: a, c",
        "Consul goes on with b",
        "Swarm goes on with b as its only manager",
    ]


def test_who_was_demoted_lives() -> None:
    worker = {"swarm": look(4, manager=False)["swarm"], "consul": NEW["consul"]}
    found = plan({"b": look(2), "d": worker}, MANAGERS)
    assert (found.problem, found.lost, found.staying) == ("", ("a", "c", "e"), ("n2",))


@pytest.mark.parametrize(
    ("member", "staying", "gone"),
    [
        (Member("n2", "b", "manager"), (), True),
        (Member("n2", "beta", "manager"), (), False),
        (Member("n2", "beta", "manager"), ("n1",), True),
        # It answers, has joined anew, or never was a manager.
        (Member("n2", "beta", "manager"), ("n1", "n2"), False),
        (Member("n2", "b", "manager"), ("n1", "n2"), False),
        (Member("n2", "beta", "manager", in_raft=True), ("n1",), False),
        (Member("n2", "beta", "worker"), ("n1",), False),
    ],
)
def test_whose_entry_goes(member: Member, staying: tuple[str, ...], gone: bool) -> None:
    assert given_up(member, ["b"], staying) is gone


def test_who_stays_is_known_where_all_that_answer_say_who_they_are() -> None:
    assert plan({"b": look(2), "c": look(3)}, ["a", "b", "c", "d"]).staying == ("n2", "n3")
    assert plan({"b": look(2), "c": look(3, state="", node_id="")}, ["a", "b", "c", "d"]).staying == ()


def test_two_of_five() -> None:
    found = plan({"d": look(4), "b": look(2)}, MANAGERS)
    assert (found.swarm, found.leaving, found.consul) == ("b", ("d",), ("b", "d"))
    chosen = plan({"d": look(4), "b": look(2)}, MANAGERS, "d")
    assert (chosen.swarm, chosen.leaving, chosen.consul) == ("d", ("b",), ("b", "d"))


def test_what_lives_is_left_alone() -> None:
    """Also after a run that came half of the way."""
    consul_done = plan({"a": look(1, leader="192.0.2.1:8300")}, ["a", "b", "c"])
    assert (consul_done.swarm, consul_done.consul, consul_done.peers) == ("a", (), [])
    swarm_done = plan({"a": look(1, (1,))}, ["a", "b", "c"])
    assert (swarm_done.swarm, swarm_done.leaving, swarm_done.consul) == ("", (), ("a",))


@pytest.mark.parametrize("leader", ["", "192.0.2.1:8300"])
def test_a_run_that_was_cut_off_before_the_others_left(leader: str) -> None:
    found = plan({"a": look(1, (1,), leader), "b": look(2, (), leader)}, MANAGERS)
    assert (found.problem, found.swarm, found.leaving, found.lost) == ("", "", ("b",), ("c", "d", "e"))
    assert found.consul == (() if leader else ("a", "b"))
    assert "b joins it again by itself, or leaves it" in found.text()


def test_a_manager_that_may_belong_to_the_swarm_that_lives_stays() -> None:
    looks = {"a": look(1, (1, 2, 3)), "b": look(2), "c": look(3, (), "", state="pending")}
    # One that is locked, or whose engine is stopped, does not say who it is.
    looks |= {"d": look(4, state="locked", node_id=""), "e": look(5, state="", node_id="")}
    assert plan(looks, MANAGERS).leaving == ()
    whole = {host: {**one, "consul": {**one["consul"], "leader": "x"}} for host, one in looks.items()}
    assert "A majority lives" in plan(whole, MANAGERS).problem


def test_a_new_host_in_the_place_of_a_lost_one_is_no_survivor() -> None:
    found = plan({"a": look(1), "b": NEW}, ["a", "b", "c"])
    assert (found.swarm, found.consul, found.lost) == ("a", ("a",), ("b", "c"))


@pytest.mark.parametrize(
    ("looks", "chosen", "said"),
    [
        ({}, "", "No manager answers"),
        ({"a": look(1, (1, 2), "x"), "b": look(2, (1, 2), "x")}, "", "A majority lives"),
        # One that is cut off does not outvote those that are not.
        ({"a": look(1), "b": look(2, (1, 2, 3), "x")}, "", "A majority lives"),
        # A majority that does not answer, and has not let in one that is.
        ({"a": look(1, leader="192.0.2.2:8300")}, "", "Consul's leader is 192.0.2.2, and none of a."),
        ({"a": look(1, (1,)), "b": look(2, leader="[2001:db8::3]:8300")}, "", "is 2001:db8::3, and none of a, b."),
        ({"a": look(1)}, "b", "b is no manager that answers; there are: a"),
        ({"a": NEW}, "", "restore.yml"),
        ({"a": look(1, state="locked", autolock=True)}, "", "has autolock"),
        # Also one that was unlocked.
        ({"a": look(1, autolock=True)}, "", "has autolock"),
    ],
)
def test_refusals(looks: dict[str, Any], chosen: str, said: str) -> None:
    found = plan(looks, MANAGERS, chosen)
    assert said in found.problem
    assert (found.swarm, found.consul) == ("", ())
