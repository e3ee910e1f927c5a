"""Who goes on, from what the managers that are left say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.recovery import plan

MANAGERS = ["a", "b", "c", "d", "e"]


def look(number: int, quorum: bool = False, leader: str = "", **swarm: Any) -> dict[str, Any]:
    """A manager that is left."""
    return {
        "swarm": {"state": "active", "manager": True, "quorum": quorum, "error": "", **swarm},
        "consul": {"server": True, "id": f"id{number}", "address": f"192.0.2.{number}", "leader": leader},
    }


NEW = {
    "swarm": {"state": "", "manager": False, "quorum": False, "error": "no engine"},
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


def test_two_of_five() -> None:
    found = plan({"d": look(4), "b": look(2)}, MANAGERS)
    assert (found.swarm, found.leaving, found.consul) == ("b", ("d",), ("b", "d"))
    chosen = plan({"d": look(4), "b": look(2)}, MANAGERS, "d")
    assert (chosen.swarm, chosen.leaving, chosen.consul) == ("d", ("b",), ("b", "d"))


def test_what_lives_is_left_alone() -> None:
    """Also after a run that came half of the way."""
    consul_done = plan({"a": look(1, leader="192.0.2.1:8300")}, ["a", "b", "c"])
    assert (consul_done.swarm, consul_done.consul, consul_done.peers) == ("a", (), [])
    swarm_done = plan({"a": look(1, quorum=True)}, ["a", "b", "c"])
    assert (swarm_done.swarm, swarm_done.leaving, swarm_done.consul) == ("", (), ("a",))


def test_a_new_host_in_the_place_of_a_lost_one_is_no_survivor() -> None:
    found = plan({"a": look(1), "b": NEW}, ["a", "b", "c"])
    assert (found.swarm, found.consul, found.lost) == ("a", ("a",), ("b", "c"))


@pytest.mark.parametrize(
    ("looks", "chosen", "said"),
    [
        ({}, "", "No manager answers"),
        ({"a": look(1, True, "x"), "b": look(2, True, "x")}, "", "A majority lives"),
        # One that is cut off does not outvote those that are not.
        ({"a": look(1), "b": look(2, True, "x")}, "", "A majority lives"),
        ({"a": look(1)}, "b", "b is no manager that answers; there are: a"),
        ({"a": NEW}, "", "restore.yml"),
        ({"a": look(1, state="locked")}, "", "docker swarm unlock"),
    ],
)
def test_refusals(looks: dict[str, Any], chosen: str, said: str) -> None:
    found = plan(looks, MANAGERS, chosen)
    assert said in found.problem
    assert (found.swarm, found.consul) == ("", ())
