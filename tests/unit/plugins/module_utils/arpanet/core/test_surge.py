"""What moves off a node, what cannot, and that a service is afterwards what it was."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.constraints import meets
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import progress
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.surge import (
    Move,
    has_moved,
    leaving,
    moved_off,
    restored,
    stops_first,
    surging,
)

Spec = dict[str, Any]

NODES = {
    f"id{n}": {
        "ID": f"id{n}",
        "Spec": {"Role": "worker", "Availability": "active", "Labels": {}},
        "Status": {"State": "ready"},
        "Description": {"Hostname": f"node{n}", "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }
    for n in (1, 2, 3)
}


def service(name: str = "web", mode: Spec | None = None, order: str = "start-first", **template: Any) -> Spec:
    return {
        "ID": f"s-{name}",
        "Spec": {
            "Name": f"abc_{name}",
            "Labels": {"arpanet.deployment": "abc", "arpanet.service": name},
            "Mode": mode or {"Replicated": {"Replicas": 2}},
            "TaskTemplate": {"ContainerSpec": {"Image": "web:1"}, **template},
            "EndpointSpec": {"Mode": "dnsrr"},
            "UpdateConfig": {"Order": order, "Parallelism": 1},
        },
    }


def task(of: Spec, node: str, slot: int, state: str = "running", wanted: str = "running") -> Spec:
    return {
        "ID": f"{of['ID']}-{slot}-{node}",
        "ServiceID": of["ID"],
        "NodeID": node,
        "Slot": slot,
        "CreatedAt": "2026-01-01T00:00:00",
        "Spec": copy.deepcopy(of["Spec"]["TaskTemplate"]),
        "DesiredState": wanted,
        "Status": {"State": state},
    }


def plan(of: Spec, *tasks: Spec) -> Any:
    return leaving({of["Spec"]["Name"]: of}, tasks, NODES, "id2")


@pytest.mark.parametrize("placement", [None, {"Constraints": ["node.role==worker"]}, {"MaxReplicas": 1}])
def test_a_service_is_afterwards_what_it_was(placement: Spec | None) -> None:
    before = service(Placement=placement)["Spec"]
    kept = copy.deepcopy(before)
    during = moved_off(before, "id2")
    assert surging(during) == "id2"
    where = [
        key
        for key, node in NODES.items()
        if all(meets(c, node) for c in during["TaskTemplate"]["Placement"]["Constraints"])
    ]
    assert where == ["id1", "id3"]
    assert restored(during) == before == kept
    assert restored(before) is before
    assert not surging(before)


PORTS = {mode: [{"PublishMode": mode, "PublishedPort": 80, "TargetPort": 80}] for mode in ("host", "ingress")}


def container(**said: Any) -> Spec:
    return {"ContainerSpec": {"Image": "web:1", **said}}


def mounted(**said: Any) -> Spec:
    return container(Mounts=[{"Target": "/data", **said}])


STATED = "its update_config.order is stop-first"


@pytest.mark.parametrize(
    ("order", "ports", "template", "why"),
    [
        ("start-first", [], {}, ""),
        ("start-first", [], mounted(Type="volume", Source="abc_data"), ""),
        ("stop-first", [], {}, STATED),
        ("stop-first", [], mounted(Type="volume", Source="abc_data"), "two would write to abc_data"),
        ("stop-first", [], mounted(Type="bind", Source="/srv"), "two would write to /srv"),
        ("stop-first", [], mounted(Type="volume"), "two would write to /data"),
        ("stop-first", [], mounted(Type="bind", Source="/srv", ReadOnly=True), STATED),
        ("stop-first", [], mounted(Type="tmpfs"), STATED),
        (
            "stop-first",
            [],
            container(Labels={"arpanet.addresses": "abc_default=10.0.0.9"}),
            "two cannot have its address",
        ),
        # The port is free on the other node.
        ("stop-first", PORTS["host"], {}, ""),
        ("stop-first", PORTS["host"], mounted(Type="bind", Source="/srv", ReadOnly=True), ""),
        ("stop-first", PORTS["host"], mounted(Type="bind", Source="/srv"), "two would write to /srv"),
        ("stop-first", [{**PORTS["host"][0], "PublishedPort": 0}], {}, STATED),
        ("stop-first", PORTS["ingress"], {}, STATED),
    ],
)
def test_what_cannot_be_there_twice_stops_before_it_starts_elsewhere(
    order: str, ports: list[Spec], template: Spec, why: str
) -> None:
    web = service(mode={"Replicated": {"Replicas": 1}}, order=order, **template)
    web["Spec"]["EndpointSpec"]["Ports"] = ports
    assert stops_first(web["Spec"]) == why
    assert plan(web, task(web, "id2", 1)).moves == (Move("abc", "abc_web", 1, why),)
    during = moved_off(web["Spec"], "id2")
    assert during["UpdateConfig"]["Order"] == ("stop-first" if why else "start-first")
    # No more are missing at a time than in an update.
    assert during["UpdateConfig"]["Parallelism"] == (1 if why else 0)


def test_only_so_many_at_a_time() -> None:
    some, every = moved_off(service()["Spec"], "id2", 2), moved_off(service()["Spec"], "id2")
    assert (some["UpdateConfig"]["Parallelism"], every["UpdateConfig"]["Parallelism"]) == (2, 0)
    assert some["UpdateConfig"]["Delay"] > 0 == every["UpdateConfig"]["Delay"]


def test_what_is_on_the_node_moves() -> None:
    web = service()
    found = plan(web, task(web, "id2", 1), task(web, "id1", 2), task(web, "id2", 3, "failed", "shutdown"))
    assert found.moves == (Move("abc", "abc_web", 1),)
    assert not found.stuck and not found.stopped


@pytest.mark.parametrize(
    ("mode", "wanted", "state", "why"),
    [
        ({"Global": {}}, "running", "running", ["it runs on every node"]),
        ({"GlobalJob": {}}, "complete", "running", ["it runs on every node"]),
        ({"ReplicatedJob": {}}, "complete", "running", ["it is a job and starts again on another node"]),
        ({"ReplicatedJob": {}}, "complete", "starting", ["it is a job and starts again on another node"]),
        ({"ReplicatedJob": {}}, "complete", "complete", []),
        ({"ReplicatedJob": {}}, "complete", "failed", []),
    ],
)
def test_a_service_on_every_node_and_a_job_just_stop(mode: Spec, wanted: str, state: str, why: list[str]) -> None:
    web = service(mode=mode)
    found = plan(web, task(web, "id2", 1, state, wanted))
    assert not found.moves and [*found.stopped.values()] == why


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ({"Placement": {"Constraints": ["node.hostname==node2"]}}, "no other node may run it (node.hostname==node2)"),
        (
            {
                "Placement": {"Constraints": ["node.hostname==node2"]},
                "ContainerSpec": {"Mounts": [{"Type": "volume", "Source": "abc_data", "Target": "/data"}]},
            },
            "its volume abc_data is on node2",
        ),
        (
            {"Placement": {"Platforms": [{"OS": "linux", "Architecture": "arm64"}]}},
            "no other node may run it (linux/arm64)",
        ),
        (
            {"Placement": {"MaxReplicas": 1, "Constraints": ["node.hostname!=node3"]}},
            "only 1 of its instances may be on a node, for its port or by its placement, and 2 do not fit on the "
            "1 others that may run it: scale it down first",
        ),
    ],
)
def test_what_cannot_move_is_named(template: Spec, why: str) -> None:
    web = service(**template)
    found = plan(web, task(web, "id2", 1))
    assert found.stuck == {"abc_web": why}
    assert not found.moves


def test_a_published_port_is_there_once_on_a_node() -> None:
    web = service(mode={"Replicated": {"Replicas": 3}})
    web["Spec"]["EndpointSpec"]["Ports"] = [{"PublishMode": "host", "PublishedPort": 80, "TargetPort": 80}]
    assert "3 do not fit on the 2 others" in plan(web, task(web, "id2", 1)).stuck["abc_web"]


def test_a_move_that_was_broken_off_is_planned_as_if_it_had_not_begun() -> None:
    web = service()
    web["Spec"] = moved_off(web["Spec"], "id2")
    assert plan(web, task(web, "id2", 1)).moves == (Move("abc", "abc_web", 1),)


@pytest.mark.parametrize(
    ("tasks", "moved"),
    [
        ([("id2", 1, "running", "running"), ("id1", 2, "running", "running")], False),
        # The replacement is not healthy yet.
        (
            [("id2", 1, "running", "running"), ("id3", 1, "starting", "running"), ("id1", 2, "running", "running")],
            False,
        ),
        # The old one is told to stop and still answers.
        (
            [("id2", 1, "running", "shutdown"), ("id3", 1, "running", "running"), ("id1", 2, "running", "running")],
            False,
        ),
        (
            [("id2", 1, "shutdown", "shutdown"), ("id3", 1, "running", "running"), ("id1", 2, "running", "running")],
            True,
        ),
    ],
)
def test_when_it_has_moved(tasks: list[tuple[str, int, str, str]], moved: bool) -> None:
    web = service()
    old = [task(web, node, slot, state, wanted) for node, slot, state, wanted in tasks]
    web["Spec"] = moved_off(web["Spec"], "id2")
    assert has_moved(progress(web, old, NODES, "2027"), old, "id2", 0) == moved
