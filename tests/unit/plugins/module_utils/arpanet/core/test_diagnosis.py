"""What is wrong, from what befell a recorded cluster. Each line is read by somebody in a hurry."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.diagnosis import problems
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import status
from fakes import cluster


def found(parts: dict[str, Any]) -> list[str]:
    return problems(status(cluster.seen(parts)))


def test_a_healthy_cluster_has_no_problems() -> None:
    assert found(cluster.recorded()) == []


def test_a_node_that_is_off_is_one_line_with_what_it_takes_along() -> None:
    parts = cluster.recorded()
    cluster.stop(parts, "node1")
    lines = found(parts)
    assert lines[0] == (
        "node1 is down (Swarm: down, heartbeat failure; Serf: failed; Consul: failed): start it again, or, when it is "
        "lost, leave.yml takes it out"
    )
    # Not one line more for each of its instances that are not in DNS.
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "service cache of abc has 1 of 2 instances",
        "service pricing of abc has 2 of 3 instances",
    ]
    assert "is unknown on node1" in lines[1]


def test_a_node_without_consul_only() -> None:
    parts = cluster.recorded()
    cluster.fail_consul(parts, "node3")
    assert found(parts) == [
        "node3 is only partly there (Consul: failed), so that its instances are not in DNS: "
        "look at `systemctl status consul` on it"
    ]


def test_a_node_without_serf_only() -> None:
    parts = cluster.recorded()
    parts["serf"] = [member for member in parts["serf"] if member["name"] != "node3"]
    assert found(parts) == ["node3 is only partly there (Serf: not a member): look at `systemctl status serf` on it"]


def test_a_manager_whose_raft_is_out_of_reach() -> None:
    parts = cluster.recorded()
    cluster.swarm_node(parts, "node3")["ManagerStatus"]["Reachability"] = "unreachable"
    assert found(parts) == [
        "node3 is only partly there (Swarm: its manager is unreachable): look at `systemctl status docker` on it"
    ]


def test_a_node_in_the_gossip_but_not_in_the_swarm() -> None:
    parts = cluster.recorded()
    parts["members"].append({"Name": "node9", "Addr": "192.0.2.19", "Status": 1, "Tags": {"role": "node"}})
    assert found(parts) == ["node9 is in Consul but not in the swarm: run site.yml, or take it out there"]


def test_a_node_that_is_gone_and_still_waited_for() -> None:
    parts = cluster.recorded()
    parts["members"].append({"Name": "node9", "Addr": "192.0.2.19", "Status": 4, "Tags": {"role": "node"}})
    assert found(parts) == [
        "node9 is in Consul but not in the swarm: it is gone, and they wait for it; `consul force-leave node9`"
    ]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [("TTL expired", "silent"), ("stopped", "stopped")],
)
def test_an_agent_that_is_not_heard(trouble: str, said: str) -> None:
    parts = cluster.recorded()
    parts["agents"] = [
        {"node": "node1", "passing": True, "trouble": ""},
        {"node": "node2", "passing": False, "trouble": trouble},
    ]
    assert found(parts) == [
        f"the agent of node2 is {said}, so that DNS does not follow what happens there: "
        "look at `systemctl status arpanet-agent` on node2"
    ]
    # Of a node that is down as a whole one line is enough.
    cluster.stop(parts, "node2")
    assert not [line for line in found(parts) if "agent" in line.partition(":")[0] and "the agent of" in line]


def test_a_dead_entry_beside_the_living_node() -> None:
    parts = cluster.recorded()
    dead = {**cluster.swarm_node(parts, "node3"), "ID": "dead", "Status": {"State": "down"}}
    parts["nodes"].append(dead)
    assert found(parts) == ["node3 has a dead entry dead in the swarm beside its living one: run site.yml"]


def test_no_leader_of_swarm() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts)
    assert found(parts) == [
        "Swarm has no leader, for which 2 of its 3 managers are needed: containers go on running, but nothing can be "
        "deployed or moved until enough managers are back; start them, or run recover.yml when they are lost"
    ]


def test_swarm_that_does_not_answer_for_another_reason() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts, "listing nodes: read timed out")
    assert found(parts) == ["Swarm on node1 cannot be asked: listing nodes: read timed out"]


def test_an_engine_that_does_not_answer_is_said_once() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts, "connecting: no answer")
    parts["errors"]["engine"] = "connecting: no answer"
    assert found(parts) == ["the Docker engine on node1 cannot be asked: connecting: no answer"]


def test_no_leader_of_consul() -> None:
    parts = cluster.recorded() | {"leader": ""}
    for name in ("node2", "node3"):
        next(member for member in parts["members"] if member["Name"] == name)["Status"] = 4
    assert found(parts)[0] == (
        "Consul has no leader: 1 of 3 servers are alive, 2 are needed; what is said of deployments is what node1 "
        "heard last"
    )


def test_a_silent_part_is_no_problem_of_nodes() -> None:
    parts = cluster.recorded() | {"serf": []}
    parts["errors"]["serf"] = "listing members: the program serf is not installed; run site.yml"
    assert found(parts) == [
        "Serf on node1 cannot be asked: listing members: the program serf is not installed; run site.yml"
    ]


def test_an_instance_that_nobody_registered() -> None:
    parts = cluster.recorded()
    gone = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    parts["registered"]["abc"].remove(gone)
    assert found(parts) == [
        f"1.cache.abc runs on {gone['node']} but is not in DNS: nobody registered it; "
        f"look at `systemctl status arpanet-agent` on {gone['node']}"
    ]


def test_an_instance_that_fails_its_check() -> None:
    parts = cluster.recorded()
    one = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    one |= {"passing": False, "trouble": "unhealthy: connection refused"}
    assert found(parts) == [f"1.cache.abc runs on {one['node']} but is not in DNS: unhealthy: connection refused"]


def test_a_registration_without_a_container() -> None:
    parts = cluster.recorded()
    one = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    parts["registered"]["abc"].append({**one, "meta": {**one["meta"], "arpanet-container": "0" * 64}})
    assert found(parts) == [
        f"1.cache.abc is in DNS at {one['address']} but {one['node']} runs no such container: "
        f"look at `journalctl -u arpanet-agent` on {one['node']}"
    ]


def test_instances_that_cannot_be_placed() -> None:
    parts = cluster.recorded()
    for task in cluster.tasks_of(parts, "cache"):
        task["Status"] = {"State": "pending", "Err": "no suitable node (insufficient resources on 3 nodes)"}
        task.pop("NodeID")
    assert found(parts)[0] == (
        "service cache of abc has 0 of 2 instances: "
        "1.cache.abc is pending (no suitable node (insufficient resources on 3 nodes)); "
        "2.cache.abc is pending (no suitable node (insufficient resources on 3 nodes))"
    )


def test_many_instances_that_wait_are_one_line_that_can_be_read() -> None:
    parts = cluster.recorded()
    for task in [*cluster.tasks_of(parts, "pricing"), *cluster.tasks_of(parts, "cache")]:
        task["ServiceID"] = parts["services"]["abc_pricing"]["ID"]
        task["Status"] = {"State": "new"}
    line = next(line for line in found(parts) if "pricing" in line)
    assert line.endswith("; and 2 more")
    assert line.count("is new") == 3


def test_an_update_that_was_given_up() -> None:
    parts = cluster.recorded()
    parts["services"]["abc_cache"]["UpdateStatus"] = {"State": "paused", "Message": "update paused due to failure"}
    assert found(parts) == ["service cache of abc: its last update is paused: update paused due to failure"]


def test_a_record_without_services() -> None:
    parts = cluster.recorded()
    parts["records"]["xyz"] = {"deployment": "xyz", "stack": "other"}
    assert found(parts) == ["deployment xyz is recorded in Consul but has no services: deploy it again, or remove it"]


def test_a_subnet_of_nobody() -> None:
    parts = cluster.recorded()
    parts["subnets"]["xyz"] = {"default": "10.33.0.0/26"}
    assert found(parts) == [
        "deployment xyz does not exist but holds 10.33.0.0/26: remove it, which gives the subnet back"
    ]


def test_services_without_a_record() -> None:
    parts = cluster.recorded()
    del parts["records"]["abc"]
    assert found(parts) == ["deployment abc runs but is not recorded in Consul: deploy it again"]


def test_what_only_a_silent_part_could_deny_is_not_claimed() -> None:
    parts = cluster.recorded() | {"members": [], "leader": "", "records": {}, "subnets": {}, "registered": {}}
    parts["errors"] = {"consul": "listing members: no answer"}
    assert found(parts) == ["Consul on node1 cannot be asked: listing members: no answer"]
