from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import (
    ACTIVE,
    ERROR,
    INACTIVE,
    LOCKED,
    PENDING,
    Declared,
    Goal,
    Local,
    Member,
    Refused,
    alive,
    as_declared,
    membership,
    named,
    node_changes,
)

FIRST = Goal()
JOIN = Goal(("10.0.0.1",), "swarm", frozenset({"n1", "n2"}))
MANAGER = Local(ACTIVE, "n1", "swarm", manager=True)
WORKER = Local(ACTIVE, "n2")


@pytest.mark.parametrize(
    ("local", "goal", "action"),
    [
        (Local(INACTIVE), FIRST, "init"),
        (Local(INACTIVE), JOIN, "join"),
        (Local(PENDING), JOIN, "rejoin"),
        (Local(ERROR, error="no such node"), JOIN, "rejoin"),
        (MANAGER, JOIN, "nothing"),
        (MANAGER, FIRST, "nothing"),
        (WORKER, JOIN, "nothing"),
        # Without a leader it does not know the id of its swarm.
        (Local(ACTIVE, "n1", "", manager=True), JOIN, "nothing"),
        # Its manager could not say who is a member.
        (Local(ACTIVE, "n9"), Goal(("10.0.0.1",), "swarm"), "nothing"),
    ],
)
def test_membership(local: Local, goal: Goal, action: str) -> None:
    assert membership(local, goal) == action


@pytest.mark.parametrize(
    ("local", "goal", "message"),
    [
        (Local(LOCKED), JOIN, "unlock"),
        (Local(ACTIVE, "n1", "other", manager=True), JOIN, "another swarm"),
        (Local(ACTIVE, "n9"), JOIN, "another swarm"),
        (Local(ACTIVE, "n9"), FIRST, "another swarm"),
        (Local(ERROR, error="lost"), FIRST, "lost"),
        (Local(PENDING), FIRST, "pending"),
    ],
)
def test_refused(local: Local, goal: Goal, message: str) -> None:
    with pytest.raises(Refused, match=message):
        membership(local, goal)


def manager(name: str, reachable: bool = True) -> Member:
    return Member(name, f"host-{name}", "manager", in_raft=True, reachable=reachable)


THREE = [manager("n1"), manager("n2"), manager("n3")]


def test_nothing_to_do() -> None:
    assert node_changes(THREE, [Declared("host-n1", "n1", "manager")]) == []


def test_only_what_is_declared_is_touched() -> None:
    drained = Member("n1", "h", "worker", "drain", labels={"by": "hand"})
    assert node_changes([drained], [Declared("h", "n1", "worker")]) == []
    (change,) = node_changes([drained], [Declared("h", "n1", "worker", "active", {"disk": "ssd"})])
    assert change.after == {"availability": "active", "labels": {"disk": "ssd"}}
    assert change.before == {"availability": "drain", "labels": {}}


@pytest.mark.parametrize(
    ("node", "same"),
    [
        ({}, True),
        ({"labels": {"disk": "ssd"}}, True),
        ({"labels": {"disk": "hdd"}}, False),
        ({"labels": {"rack": 1}}, False),
        ({"role": "manager"}, False),
        ({"availability": "drain"}, True),
        ({"availability": "active"}, False),
        ({"id": "of-another-swarm"}, False),
    ],
)
def test_as_declared(node: dict[str, object], same: bool) -> None:
    """From what a look at a node said, which is plain data."""
    found = [member.__dict__ for member in (*THREE, Member("n4", "h", "worker", "drain", labels={"disk": "ssd"}))]
    assert as_declared(found, [{"name": "h", "id": "n4", "role": "worker", **node}]) is same


def test_a_dead_entry_of_a_node_that_came_back_is_not_as_declared() -> None:
    found = [member.__dict__ for member in (*THREE, Member("old", "host-n1", "manager", state="down"))]
    assert not as_declared(found, [{"name": "host-n1", "id": "n1", "role": "manager"}])
    assert as_declared(found, [{"name": "host-n2", "id": "n2", "role": "manager"}])


def test_promotion_comes_before_demotion() -> None:
    members = [*THREE, Member("n4", "host-n4", "worker")]
    declared = [Declared("host-n1", "n1", "worker"), Declared("host-n4", "n4", "manager")]
    assert [change.id for change in node_changes(members, declared)] == ["n4", "n1"]


@pytest.mark.parametrize(
    ("members", "demoted"),
    [
        ([manager("n1"), manager("n2"), manager("n3", reachable=False)], ["n1"]),
        ([manager("n1"), manager("n2", reachable=False)], ["n1"]),
        ([manager("n1")], ["n1"]),
    ],
)
def test_demotion_keeps_a_majority(members: list[Member], demoted: list[str]) -> None:
    with pytest.raises(Refused, match="demoting host-n1 would leave"):
        node_changes(members, [Declared(f"host-{name}", name, "worker") for name in demoted])


def test_who_a_recovery_went_on_without_does_not_count() -> None:
    given_up = [Member(name, name, "manager", state="down") for name in ("n4", "n5")]
    (change,) = node_changes([*THREE, *given_up], [Declared("host-n1", "n1", "worker")])
    assert change.id == "n1"


def test_demotion_with_a_majority_left() -> None:
    (change,) = node_changes(THREE, [Declared("host-n1", "n1", "worker")])
    assert change.after == {"role": "worker"}


def test_old_entry_of_a_host_that_came_back_is_removed() -> None:
    dead = Member("old", "host-n1", "manager", state="down")
    elsewhere = Member("other", "host-n9", "worker", state="down")
    (change,) = node_changes([*THREE, dead, elsewhere], [Declared("host-n1", "n1", "manager")])
    assert (change.verb, change.id) == ("remove", "old")


def test_living_entry_of_the_same_name_stays() -> None:
    twin = Member("twin", "host-n1", "worker", state="ready")
    assert node_changes([*THREE, twin], [Declared("host-n1", "n1", "manager")]) == []


def test_unknown_node() -> None:
    with pytest.raises(Refused, match="not in this swarm"):
        node_changes(THREE, [Declared("host-n7", "n7", "worker")])


HOSTS = [
    Member("n1", "alpha", "manager", address="10.0.0.1"),
    Member("n2", "beta.example.net", "worker", address="10.0.0.2"),
    Member("n3", "alpha", "worker", state="down", address="10.0.0.1"),
    Member("n4", "node1.east", "worker", address="10.0.0.4"),
    Member("n5", "node1.west", "worker", address="10.0.0.5"),
    Member("n6", "old", "worker", state="down", address="10.0.0.5"),
]


@pytest.mark.parametrize(
    ("name", "address", "ids"),
    [
        ("alpha", "", ["n1", "n3"]),
        ("alpha.example.net", "", ["n1", "n3"]),
        ("first", "10.0.0.1", ["n1", "n3"]),
        ("beta", "", ["n2"]),
        ("gamma", "", []),
        ("gamma", "10.0.0.9", []),
        ("beta", "10.0.0.2", ["n2"]),
        # Only the first label is the same.
        ("beta.example.org", "", []),
        ("node1.south", "", []),
        ("node1.east", "10.0.0.5", ["n4"]),
        ("node1", "10.0.0.4", ["n4"]),
    ],
)
def test_entries_of_a_host(name: str, address: str, ids: list[str]) -> None:
    assert [member.id for member in named(HOSTS, name, address)] == ids


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("node1", "", "node1 may be node1.east or node1.west: say which"),
        ("fifth", "10.0.0.5", "fifth may be node1.west or old: say which, by that name; leave.yml takes out"),
        # Of two that have the first label in common, one has left.
        (
            "beta",
            "10.0.0.9",
            "beta is at 10.0.0.9, and beta.example.net, which may be the same host, at 10.0.0.2: call it",
        ),
    ],
)
def test_a_name_that_may_be_two_hosts_is_refused(name: str, address: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        named(HOSTS, name, address)


def test_the_entry_that_lives_is_the_host() -> None:
    assert alive(reversed(HOSTS), "alpha").id == "n1"
    with pytest.raises(Refused, match="no node gamma; it has alpha, alpha, beta"):
        alive(HOSTS, "gamma")
