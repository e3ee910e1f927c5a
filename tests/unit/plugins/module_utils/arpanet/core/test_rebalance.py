"""Moves that even nodes out: few, with an end, and none where all is even."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.rebalance import Shift, plan, text
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.surge import moved_off
from hypothesis import given
from hypothesis import strategies as st

Spec = dict[str, Any]


def nodes(count: int) -> dict[str, Spec]:
    return {
        f"id{n}": {
            "ID": f"id{n}",
            "Spec": {"Role": "worker", "Availability": "active", "Labels": {}},
            "Status": {"State": "ready"},
            "Description": {"Hostname": f"node{n}", "Platform": {"OS": "linux", "Architecture": "x86_64"}},
        }
        for n in range(1, count + 1)
    }


def service(name: str, replicas: int, **placement: Any) -> Spec:
    return {
        "ID": f"s-{name}",
        "Spec": {
            "Name": name,
            "Labels": {"arpanet.deployment": "abc"},
            "Mode": {"Replicated": {"Replicas": replicas}},
            "TaskTemplate": {"ContainerSpec": {}, "Placement": placement},
            "UpdateConfig": {"Order": "start-first"},
        },
    }


def tasks(where: dict[str, list[int]]) -> list[Spec]:
    """Service to the numbers of the nodes that its instances are on."""
    return [
        {"ServiceID": f"s-{name}", "NodeID": f"id{n}", "DesiredState": "running", "Status": {"State": "running"}}
        for name, places in where.items()
        for n in places
    ]


def planned(where: dict[str, list[int]], count: int, **placement: Any) -> list[Shift]:
    services = {name: service(name, len(places), **placement) for name, places in where.items()}
    return plan(services, tasks(where), nodes(count))


def after(where: dict[str, list[int]], shifts: list[Shift]) -> dict[str, list[int]]:
    moved = {name: list(places) for name, places in where.items()}
    for shift in shifts:
        for target in shift.to:
            moved[shift.move.service].remove(int(shift.node.removeprefix("id")))
            moved[shift.move.service].append(int(target.removeprefix("node")))
    return moved


def test_a_node_that_has_joined_gets_its_share() -> None:
    found = planned({"web": [1, 1, 2, 2]}, 3)
    assert [(shift.move.count, shift.to) for shift in found] == [(1, ("node3",))]
    assert text(found, nodes(3)) == [f"~ service web (1 instance from node{found[0].node[2]} to node3)"]


def test_services_with_one_instance_spread_over_the_nodes() -> None:
    where = {name: [1] for name in "abcdef"}
    found = planned(where, 3)
    assert Counter(n for places in after(where, found).values() for n in places) == {1: 2, 2: 2, 3: 2}
    assert len(found) == 4


def test_what_is_even_stays() -> None:
    assert planned({"web": [1, 2, 3], "api": [1, 2], "db": [3]}, 3) == []
    assert planned({"web": [1, 1]}, 1) == []


def test_where_a_service_may_not_run_it_does_not_go() -> None:
    assert planned({"web": [1, 1]}, 2, Constraints=["node.hostname==node1"]) == []
    assert planned({"web": [1, 1]}, 2, Preferences=[{"Spread": {"SpreadDescriptor": "node.labels.rack"}}]) == []
    assert len(planned({"web": [1, 1, 1, 1]}, 2, MaxReplicas=2)) == 1


def test_what_would_have_to_stop_before_stays() -> None:
    web = service("web", 4)
    for order, count in (("start-first", 1), ("stop-first", 0)):
        web["Spec"]["UpdateConfig"]["Order"] = order
        assert len(plan({"web": web}, tasks({"web": [1, 1, 2, 2]}), nodes(3))) == count


def test_where_its_platform_is_another_a_service_does_not_go() -> None:
    few = nodes(3)
    for node in ("id1", "id2"):
        few[node]["Description"]["Platform"]["Architecture"] = "aarch64"
    web = service("web", 3, Platforms=[{"OS": "linux", "Architecture": "arm64"}])
    (shift,) = plan({"web": web}, tasks({"web": [1, 1, 1]}), few)
    assert shift.to == ("node2",)


def test_a_move_that_was_broken_off_keeps_nothing_from_moving() -> None:
    web = service("web", 4)
    where = tasks({"web": [1, 1, 1, 2]})
    begun = {"web": {**web, "Spec": moved_off(web["Spec"], "id1", 1)}}
    assert plan(begun, where, nodes(3)) == plan({"web": web}, where, nodes(3)) != []


PLACES = st.integers(2, 5).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.dictionaries(st.sampled_from("abcdef"), st.lists(st.integers(1, count), min_size=1, max_size=7), min_size=1),
    )
)


@given(PLACES)
def test_afterwards_it_is_even_and_nothing_is_left_to_do(case: tuple[int, dict[str, list[int]]]) -> None:
    count, where = case
    found = planned(where, count)
    moved = after(where, found)
    assert planned(moved, count) == []
    for places in moved.values():
        per_node = Counter(places)
        assert max(per_node.values()) - min(per_node[n] for n in range(1, count + 1)) <= 1


@given(PLACES)
def test_nothing_moves_more_often_than_it_has_to(case: tuple[int, dict[str, list[int]]]) -> None:
    count, where = case
    for name, places in where.items():
        assert sum(shift.move.count for shift in planned(where, count) if shift.move.service == name) <= len(places)
