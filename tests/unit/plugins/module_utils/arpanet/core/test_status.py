"""One picture of what the parts of a recorded cluster said, whole and with parts missing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import progress
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.diagnosis import findings
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import (
    Deployment,
    Node,
    Quorum,
    Service,
    Status,
    status,
)
from fakes import cluster


def picture(parts: dict[str, Any], only: str = "") -> Status:
    return status(cluster.seen(parts), only)


def node(parts: dict[str, Any], name: str) -> Node:
    return next(node for node in picture(parts).nodes if node.name == name)


def service(parts: dict[str, Any], name: str) -> Service:
    return next(service for service in deployment(parts).services if service.name == name)


def deployment(parts: dict[str, Any]) -> Deployment:
    return next(one for one in picture(parts).deployments if one.id == "abc")


def test_a_healthy_cluster() -> None:
    parts = cluster.recorded()
    whole = picture(parts)
    assert (whole.asked, whole.swarm, whole.consul) == ("node1", Quorum(True, 3, 3), Quorum(True, 3, 3))
    assert [node.name for node in whole.nodes] == ["node1", "node2", "node3"]
    assert {(node.role, node.swarm, node.serf, node.consul) for node in whole.nodes} == {
        ("manager", "ready", "alive", "alive")
    }
    assert [(one.id, one.stack, one.driver, one.revision) for one in whole.deployments] == [
        ("abc", "shop", "overlay", 1)
    ]
    assert [(one.name, one.running, one.wanted, one.in_dns) for one in deployment(parts).services] == [
        ("agent", 3, 3, 3),
        ("cache", 2, 2, 2),
        ("pricing", 3, 3, 3),
    ]


def test_one_leader_each() -> None:
    parts = cluster.recorded()
    assert [node.name for node in picture(parts).nodes if node.leader] == ["node2"]
    assert [node.name for node in picture(parts).nodes if node.consul_leader] == ["node2"]


def test_one_deployment_of_several() -> None:
    parts = cluster.recorded()
    parts["records"]["xyz"] = {"deployment": "xyz", "stack": "other"}
    assert [one.id for one in picture(parts).deployments] == ["abc", "xyz"]
    assert [one.id for one in picture(parts, "abc").deployments] == ["abc"]


def test_a_worker_has_its_own_address_and_is_a_client() -> None:
    parts = cluster.recorded()
    worker = cluster.swarm_node(parts, "node3")
    del worker["ManagerStatus"]
    worker["Spec"]["Role"] = "worker"
    member = next(member for member in parts["members"] if member["Name"] == "node3")
    member["Tags"]["role"] = "node"
    seen = node(parts, "node3")
    assert (seen.role, seen.reachable, seen.address, seen.consul_role) == ("worker", None, "192.0.2.13", "client")
    assert picture(parts).swarm == picture(parts).consul == Quorum(True, 2, 2)


def test_a_manager_has_the_address_of_its_raft() -> None:
    parts = cluster.recorded()
    # What engines say of themselves on some versions.
    cluster.swarm_node(parts, "node1")["Status"]["Addr"] = "0.0.0.0"
    assert node(parts, "node1").address == "192.0.2.11"


def test_what_runs_where_swarm_hears_nothing_does_not_count() -> None:
    parts = cluster.recorded()
    cluster.stop(parts, "node1", told_swarm="unknown")
    assert (service(parts, "pricing").running, service(parts, "pricing").wanted) == (2, 3)
    states = {one.instance: one.state for one in service(parts, "pricing").placements}
    assert sorted(states.values()) == ["running", "running", "unknown"]
    # One on each node that can have one.
    assert (service(parts, "agent").running, service(parts, "agent").wanted) == (2, 2)


def end(parts: dict[str, Any], condition: str, **more: Any) -> dict[str, Any]:
    """What the first instance of cache had to do is done, and its registration is gone. Its task."""
    parts["services"]["abc_cache"]["Spec"]["TaskTemplate"]["RestartPolicy"] = {"Condition": condition}
    tasks = cluster.tasks_of(parts, "cache")
    for task in tasks:
        task["Spec"]["RestartPolicy"] = {"Condition": condition}
    ended = next(task for task in tasks if task["Slot"] == 1)
    ended["Status"]["State"] = "complete"
    ended |= {"DesiredState": "shutdown", **more}
    parts["registered"]["abc"] = [one for one in parts["registered"]["abc"] if one["id"] != "1.cache.abc.dns"]
    return ended


LATER = "2026-11-20T23:59:59Z"
AGAIN = {"CreatedAt": LATER, "DesiredState": "shutdown"}


@pytest.mark.parametrize(
    ("condition", "more", "again", "running"),
    [
        pytest.param("none", {}, None, 2, id="never started again"),
        pytest.param("on-failure", {}, None, 2, id="started again when it fails"),
        pytest.param("any", {}, None, 1, id="about to start again"),
        pytest.param("none", {"DesiredState": "remove"}, None, 1, id="about to be taken away"),
        pytest.param("none", {"Spec": {"ContainerSpec": {"Image": "redis:1"}}}, None, 1, id="of an earlier revision"),
        pytest.param("none", {}, {**AGAIN, "Status": {"State": "failed"}}, 1, id="failed since"),
        pytest.param("none", {}, {**AGAIN, "Status": {"State": "complete"}}, 2, id="ended well twice"),
        pytest.param(
            "none", {}, {"CreatedAt": LATER, "DesiredState": "running", "Status": {"State": "starting"}}, 1, id="again"
        ),
    ],
)
def test_an_instance_that_ended_well_and_is_not_started_again_has_arrived(
    condition: str, more: dict[str, Any], again: dict[str, Any] | None, running: int
) -> None:
    parts = cluster.recorded()
    ended = end(parts, condition, **more)
    if again:
        parts["tasks"].append({**ended, "ID": "again", **again})
    cache = service(parts, "cache")
    assert (cache.running, cache.wanted, cache.in_dns) == (running, 2, 1)
    # What a deploy waits for is the same.
    asked = parts["services"]["abc_cache"]
    tasks = [task for task in parts["tasks"] if task["ServiceID"] == asked["ID"]]
    assert progress(asked, tasks, {one["ID"]: one for one in parts["nodes"]}, "").running == running


def test_an_instance_that_ended_well_is_shown_and_not_looked_for_in_dns() -> None:
    parts = cluster.recorded()
    end(parts, "on-failure")
    assert [(one.instance, one.state, one.in_dns) for one in service(parts, "cache").placements] == [
        ("1.cache.abc", "complete", False),
        ("2.cache.abc", "running", True),
    ]
    assert findings(picture(parts)) == []


def test_who_is_in_dns_after_its_end_is_a_stray() -> None:
    parts = cluster.recorded()
    registered = [*parts["registered"]["abc"]]
    end(parts, "on-failure")
    parts["registered"]["abc"] = registered
    assert [one.instance for one in deployment(parts).stray] == ["1.cache.abc"]


@pytest.mark.parametrize("availability", ["pause", "drain"])
def test_what_a_node_keeps_that_takes_no_tasks_makes_up_for_no_other(availability: str) -> None:
    parts = cluster.recorded()
    cluster.swarm_node(parts, "node3")["Spec"]["Availability"] = availability
    agent = service(parts, "agent")
    assert (agent.running, agent.wanted, len(agent.placements)) == (2, 2, 3)
    (there,) = (
        task for task in cluster.tasks_of(parts, "agent") if task["NodeID"] == cluster.swarm_node(parts, "node2")["ID"]
    )
    there["Status"]["State"] = "preparing"
    assert (service(parts, "agent").running, service(parts, "agent").wanted) == (1, 2)


def test_a_node_that_left_everywhere_is_gone() -> None:
    parts = cluster.recorded()
    parts["serf"].append({"name": "node9", "addr": "192.0.2.19:7946", "status": "left", "tags": {}})
    assert [node.name for node in picture(parts).nodes] == ["node1", "node2", "node3"]
    parts["members"].append({"Name": "node9", "Addr": "192.0.2.19", "Status": 1, "Tags": {"role": "node"}})
    assert [node.name for node in picture(parts).nodes] == ["node1", "node2", "node3", "node9"]
    assert (node(parts, "node9").swarm, node(parts, "node9").address) == ("", "192.0.2.19")


def test_an_instance_is_in_dns_by_its_container() -> None:
    parts = cluster.recorded()
    # The same instance, but of the container before this one.
    registration = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    registration["meta"]["arpanet-container"] = "0" * 64
    assert service(parts, "cache").in_dns == 1
    assert [(one.instance, one.in_dns) for one in service(parts, "cache").placements] == [
        ("1.cache.abc", False),
        ("2.cache.abc", True),
    ]
    assert [one.instance for one in deployment(parts).stray] == ["1.cache.abc"]


def test_an_instance_that_fails_its_check_says_why() -> None:
    parts = cluster.recorded()
    registration = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    registration |= {"passing": False, "trouble": "unhealthy: connection refused"}
    one = service(parts, "cache").placements[0]
    assert (one.state, one.in_dns, one.error) == ("running", False, "unhealthy: connection refused")
    assert deployment(parts).stray == ()


def test_services_that_users_register_are_nobody_of_ours() -> None:
    parts = cluster.recorded()
    parts["subnets"]["abc"] = {"back": "10.40.0.0/26", "Nobody's": "10.40.1.0/26"}
    assert deployment(parts).others == ()
    one = {"id": "db", "port": 5432, "node": "node1", "tags": ["db"], "meta": {}, "passing": True, "trouble": ""}
    parts["registered"]["abc"].append(one | {"address": "192.0.2.50"})
    container = {"address": "10.40.0.9", "meta": {"arpanet-container": "c"}}
    parts["registered"]["abc--back"] = [one | {"address": "192.0.2.51"}, one | container]
    assert (deployment(parts).stray, deployment(parts).others) == ((), ("192.0.2.50", "192.0.2.51"))


def test_without_a_leader_of_swarm_consul_tells_what_it_knows() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts)
    whole = picture(parts)
    assert whole.swarm == Quorum(False, 0, 3)
    assert [(node.name, node.role, node.swarm, node.consul) for node in whole.nodes] == [
        (f"node{number}", "manager", "", "alive") for number in (1, 2, 3)
    ]
    assert [(one.name, one.running, one.wanted, one.in_dns) for one in deployment(parts).services] == [
        ("agent", None, None, 3),
        ("cache", None, 2, 2),
        ("pricing", None, 3, 3),
    ]
    placed = service(parts, "cache").placements
    assert {(one.node, one.address, one.state) for one in placed} == {
        (one["node"], one["address"], None) for one in parts["registered"]["abc"] if "cache" in one["tags"]
    }


def test_without_consul_swarm_tells_what_it_knows() -> None:
    parts = cluster.recorded() | {"members": [], "leader": "", "records": {}, "subnets": {}, "registered": {}}
    parts["errors"] = {"consul": "listing members: Consul does not answer"}
    assert picture(parts).consul == Quorum(False, 0, 0)
    assert (deployment(parts).recorded, deployment(parts).stray) == (False, ())
    assert [(one.running, one.in_dns) for one in deployment(parts).services] == [(3, None), (2, None), (3, None)]
    assert {one.in_dns for one in service(parts, "cache").placements} == {None}


def test_nothing_but_an_error() -> None:
    whole = picture({"asked": "node1", "errors": {"engine": "-", "swarm": "-", "consul": "-", "serf": "-"}})
    assert (whole.nodes, whole.deployments, whole.swarm.ok, whole.consul.ok) == ((), (), False, False)
