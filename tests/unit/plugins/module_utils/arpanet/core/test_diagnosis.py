"""What is wrong, from what befell a recorded cluster. Each line is read by somebody in a hurry."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.diagnosis import findings
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import status
from fakes import cluster
from fakes.findings import check

MOVED = "`docker service ps abc_cache` on a manager shows it"
DEPLOY = "`ansible-playbook deploy.yml -e stack=FILE -e deployment=abc`"
CACHE = "`docker service ps --no-trunc abc_cache` and `docker service logs --tail 50 abc_cache` on a manager"


def found(parts: dict[str, Any]) -> list[str]:
    picture = status(cluster.seen(parts))
    return [one.line for one in check(findings(picture))]


def test_a_healthy_cluster_has_no_problems() -> None:
    assert found(cluster.recorded()) == []


def test_a_node_that_is_off_is_one_line_with_what_it_takes_along() -> None:
    parts = cluster.recorded()
    cluster.stop(parts, "node1")
    lines = found(parts)
    assert lines[0] == (
        "node1 is down (Swarm: down, heartbeat failure; Serf: failed; Consul: failed): its host is off, hangs, or is "
        "cut off from the others; start it again; when it is lost for good, `ansible-playbook leave.yml -e node=node1`"
    )
    # Not one line more for each of its instances that are not in DNS.
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "service cache of abc has 1 of 2 instances",
        "service pricing of abc has 2 of 3 instances",
    ]
    assert "is unknown on node1" in lines[1]
    assert lines[1].endswith(f"start node1 again, or wait until Swarm has moved them: {MOVED}")


def test_a_node_without_consul_only() -> None:
    parts = cluster.recorded()
    cluster.fail_consul(parts, "node3")
    assert found(parts) == [
        "node3 is only partly there (Consul: failed), so that its instances are not in DNS: "
        "consul is stopped or hangs there, or port 8301 is closed between it and others; "
        "`systemctl restart consul` on node3; `journalctl -u consul -n 50` on node3 says more"
    ]


def test_a_node_without_serf_only() -> None:
    parts = cluster.recorded()
    parts["serf"] = [member for member in parts["serf"] if member["name"] != "node3"]
    assert found(parts) == [
        "node3 is only partly there (Serf: not a member): "
        "serf is stopped or hangs there, or port 7947 is closed between it and others; "
        "`systemctl restart serf` on node3; `journalctl -u serf -n 50` on node3 says more"
    ]


def test_a_node_that_left_serf_and_whose_engine_is_stopped() -> None:
    parts = cluster.recorded()
    cluster.swarm_node(parts, "node3")["Status"] |= {"State": "down", "Message": ""}
    next(member for member in parts["serf"] if member["name"] == "node3")["status"] = "left"
    assert found(parts)[0] == (
        "node3 is only partly there (Swarm: down; Serf: left): "
        "docker is stopped or hangs there, or port 2377 is closed between it and others; somebody had it leave Serf; "
        "`systemctl start docker` on node3 and `systemctl restart serf` on node3; "
        "`journalctl -u docker -u serf -n 50` on node3 says more"
    )


def test_a_manager_whose_raft_is_out_of_reach() -> None:
    parts = cluster.recorded()
    cluster.swarm_node(parts, "node3")["ManagerStatus"]["Reachability"] = "unreachable"
    assert found(parts) == [
        "node3 is only partly there (Swarm: its manager is unreachable): "
        "docker is stopped or hangs there, or port 2377 is closed between it and others; "
        "`systemctl start docker` on node3; `journalctl -u docker -n 50` on node3 says more"
    ]


def test_a_node_in_the_gossip_but_not_in_the_swarm() -> None:
    parts = cluster.recorded()
    parts["members"].append({"Name": "node9", "Addr": "192.0.2.19", "Status": 1, "Tags": {"role": "node"}})
    assert found(parts) == [
        "node9 is in Consul but not in the swarm: it was taken out of the swarm, or has not joined it yet; "
        "`ansible-playbook site.yml` lets it in, `ansible-playbook leave.yml -e node=node9` takes it out"
    ]


def test_a_node_that_is_gone_and_still_waited_for() -> None:
    parts = cluster.recorded()
    parts["members"].append({"Name": "node9", "Addr": "192.0.2.19", "Status": 4, "Tags": {"role": "node"}})
    assert found(parts) == [
        "node9 is in Consul but not in the swarm: it is gone, and they wait for it; "
        "`consul force-leave -prune -token-file=/etc/arpanet/tokens/management node9` on a manager"
    ]
    parts["serf"].append({**parts["serf"][0], "name": "node9", "status": "failed"})
    assert "`arpanet serf force-leave -prune node9` on a manager and `consul" in found(parts)[0]


@pytest.mark.parametrize(
    ("trouble", "said", "cause"),
    [
        ("TTL expired", "silent", "it hangs, was killed, or does not reach its Consul"),
        ("stopped", "stopped", "somebody stopped it"),
    ],
)
def test_an_agent_that_is_not_heard(trouble: str, said: str, cause: str) -> None:
    parts = cluster.recorded()
    parts["agents"] = [
        {"node": "node1", "passing": True, "trouble": ""},
        {"node": "node2", "passing": False, "trouble": trouble},
    ]
    assert found(parts) == [
        f"the agent of node2 is {said}, so that DNS does not follow what happens there: {cause}; "
        "`systemctl restart arpanet-agent` on node2; `journalctl -u arpanet-agent -n 50` on node2 says more"
    ]
    # Of a node that is down as a whole one line is enough.
    cluster.stop(parts, "node2")
    assert not [line for line in found(parts) if "agent" in line.partition(":")[0] and "the agent of" in line]


def test_a_dead_entry_beside_the_living_node() -> None:
    parts = cluster.recorded()
    dead = {**cluster.swarm_node(parts, "node3"), "ID": "dead", "Status": {"State": "down"}}
    parts["nodes"].append(dead)
    assert found(parts) == [
        "node3 has a dead entry dead in the swarm beside its living one: it was set up anew and has joined again; "
        "`ansible-playbook site.yml`"
    ]


def test_no_leader_of_swarm() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts)
    assert found(parts) == [
        "Swarm has no leader, for which 2 of its 3 managers are needed: their engines do not run, or 2377/tcp does not "
        "pass between them; containers run on, but nothing can be deployed or moved; start the managers, "
        "`systemctl start docker` on each; when they are lost for good, `ansible-playbook recover.yml`"
    ]


def test_no_leader_of_swarm_and_who_is_missing() -> None:
    parts = cluster.recorded()
    for name in ("node2", "node3"):
        cluster.stop(parts, name)
    cluster.lose_swarm(parts)
    assert found(parts)[0] == (
        "Swarm has no leader, for which 2 of its 3 managers are needed: node2, node3 are not heard; containers run on, "
        "but nothing can be deployed or moved; start the managers, `systemctl start docker` on node2, node3; when they "
        "are lost for good, `ansible-playbook recover.yml`"
    )


def test_swarm_that_does_not_answer_for_another_reason() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts, "listing nodes: read timed out")
    assert found(parts) == [
        "Swarm on node1 cannot be asked: listing nodes: read timed out; `systemctl start docker` on node1; "
        "`journalctl -u docker -n 50` on node1 says more; when it hangs, `systemctl restart docker`"
    ]


@pytest.mark.parametrize(
    ("reason", "mend"),
    [
        ("Swarm is encrypted and needs to be unlocked before it can be used.", "site.yml --tags swarm"),
        ("this node is no manager", "site.yml"),
    ],
)
def test_a_manager_whose_swarm_says_why(reason: str, mend: str) -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts, reason)
    assert found(parts) == [f"Swarm on node1 cannot be asked: {reason}; `ansible-playbook {mend}`"]


def test_an_engine_that_does_not_answer_is_said_once() -> None:
    parts = cluster.recorded()
    cluster.lose_swarm(parts, "connecting: no answer")
    parts["errors"]["engine"] = "connecting: no answer"
    assert found(parts) == [
        "the Docker engine on node1 cannot be asked: connecting: no answer; `systemctl start docker` on node1; "
        "`journalctl -u docker -n 50` on node1 says more; when it hangs, `systemctl restart docker`"
    ]


def test_no_leader_of_consul() -> None:
    parts = cluster.recorded() | {"leader": ""}
    for name in ("node2", "node3"):
        next(member for member in parts["members"] if member["Name"] == name)["Status"] = 4
    assert found(parts)[0] == (
        "Consul has no leader: 1 of 3 servers are alive, 2 are needed; deployments are told as node1 heard of them "
        "last; start them, `systemctl start consul` on node2, node3; when they are lost for good, "
        "`ansible-playbook recover.yml`"
    )


def test_servers_of_consul_that_are_all_there_and_have_no_leader() -> None:
    assert found(cluster.recorded() | {"leader": ""}) == [
        "Consul has no leader: 3 of 3 servers are alive, 2 are needed; deployments are told as node1 heard of them "
        "last; `journalctl -u consul -n 50` on each manager says why; 8300/tcp has to pass between them"
    ]


def test_a_silent_part_is_no_problem_of_nodes() -> None:
    parts = cluster.recorded() | {"serf": []}
    parts["errors"]["serf"] = "listing members: the program serf is not installed; run site.yml"
    assert found(parts) == [
        "Serf on node1 cannot be asked: listing members: the program serf is not installed; run site.yml; "
        "`ansible-playbook site.yml`"
    ]


def test_an_instance_that_nobody_registered() -> None:
    parts = cluster.recorded()
    gone = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    parts["registered"]["abc"].remove(gone)
    assert found(parts) == [
        f"1.cache.abc runs on {gone['node']} but is not in DNS: nobody registered it; "
        f"`systemctl restart arpanet-agent` on {gone['node']}"
    ]


def test_an_instance_that_fails_its_check() -> None:
    parts = cluster.recorded()
    one = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    one |= {"passing": False, "trouble": "unhealthy: connection refused"}
    container = one["meta"]["arpanet-container"][:12]
    assert found(parts) == [
        f"1.cache.abc runs on {one['node']} but is not in DNS: unhealthy: connection refused; "
        f"`docker logs --tail 50 {container}` on {one['node']} says why; "
        f"`docker stop {container}` there has Swarm start it anew"
    ]


def test_a_registration_without_a_container() -> None:
    parts = cluster.recorded()
    one = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    parts["registered"]["abc"].append({**one, "meta": {**one["meta"], "arpanet-container": "0" * 64}})
    assert found(parts) == [
        f"1.cache.abc is in DNS at {one['address']} but {one['node']} runs no such container: "
        f"its container is gone and the agent there has not noticed; `systemctl restart arpanet-agent` on {one['node']}"
    ]


@pytest.mark.parametrize(
    ("state", "error", "mend"),
    [
        (
            "pending",
            "no suitable node (insufficient resources on 3 nodes)",
            "`docker node ls` on a manager: `ansible-playbook activate.yml -e node=NODE` for one that is drained; else "
            f"correct the stack, then {DEPLOY}",
        ),
        (
            "preparing",
            "No such image: acme/cache:2@sha256:0f1e",
            f"`docker pull acme/cache:2@sha256:0f1e` on that node says why; correct it, then {DEPLOY}",
        ),
        ("starting", "task: non-zero exit (3)", f"{CACHE} say more; correct the stack, then {DEPLOY}"),
    ],
)
def test_instances_that_do_not_run(state: str, error: str, mend: str) -> None:
    parts = cluster.recorded()
    for task in cluster.tasks_of(parts, "cache"):
        task["Status"] = {"State": state, "Err": error}
        task.pop("NodeID")
    assert found(parts)[0] == (
        "service cache of abc has 0 of 2 instances: "
        f"1.cache.abc is {state} ({error}); 2.cache.abc is {state} ({error}); {mend}"
    )


def test_instances_of_which_swarm_says_nothing() -> None:
    parts = cluster.recorded()
    gone = cluster.tasks_of(parts, "cache")
    parts["tasks"] = [task for task in parts["tasks"] if task not in gone]
    assert found(parts)[0] == (
        "service cache of abc has 0 of 2 instances: Swarm has made no tasks for the others yet; "
        f"{CACHE} say more; correct the stack, then {DEPLOY}"
    )


def test_many_instances_that_wait_are_one_line_that_can_be_read() -> None:
    parts = cluster.recorded()
    for task in [*cluster.tasks_of(parts, "pricing"), *cluster.tasks_of(parts, "cache")]:
        task["ServiceID"] = parts["services"]["abc_pricing"]["ID"]
        task["Status"] = {"State": "new"}
    line = next(line for line in found(parts) if "pricing" in line)
    assert "; and 2 more; `docker service ps" in line
    assert line.count("is new") == 3


@pytest.mark.parametrize(
    ("kept", "mend"),
    [
        # The record says already what the controller did not come to keep.
        (
            {"abc": 1},
            f"correct what failed, then {DEPLOY}; or `ansible-playbook rollback.yml -e deployment=abc -e revision=1`",
        ),
        ({}, f"{CACHE} say more; correct what failed, then {DEPLOY}"),
    ],
)
def test_an_update_that_was_given_up(kept: dict[str, int], mend: str) -> None:
    parts = cluster.recorded() | {"kept": kept}
    parts["records"]["abc"]["revision"] = 2
    parts["services"]["abc_cache"]["UpdateStatus"] = {"State": "paused", "Message": "update paused due to failure"}
    assert found(parts) == [f"service cache of abc: its last update is paused: update paused due to failure; {mend}"]


def test_an_update_that_swarm_went_back_from() -> None:
    parts = cluster.recorded() | {"kept": {"abc": 1}}
    parts["services"]["abc_cache"]["UpdateStatus"] = {"State": "rollback_completed", "Message": ""}
    assert found(parts) == [
        "service cache of abc: its last update is rollback completed: its new instances did not stay up; "
        f"{CACHE} say more; correct what failed, then {DEPLOY}"
    ]


def test_a_record_without_services() -> None:
    parts = cluster.recorded()
    parts["records"]["xyz"] = {"deployment": "xyz", "stack": "other"}
    assert found(parts) == [
        "deployment xyz is recorded in Consul but has no services: "
        "a deploy or a removal broke off, or somebody removed them by hand; "
        "`ansible-playbook deploy.yml -e stack=FILE -e deployment=xyz`, or "
        "`ansible-playbook remove.yml -e deployment=xyz`"
    ]


def test_a_subnet_of_nobody() -> None:
    parts = cluster.recorded()
    parts["subnets"]["xyz"] = {"default": "10.33.0.0/26"}
    assert found(parts) == [
        "deployment xyz does not exist but holds 10.33.0.0/26: a deploy or a removal broke off; "
        "`ansible-playbook remove.yml -e deployment=xyz` gives it back"
    ]


def test_services_without_a_record() -> None:
    parts = cluster.recorded()
    del parts["records"]["abc"]
    assert found(parts) == [
        "deployment abc runs but is not recorded in Consul: somebody deleted its record, or Consul was set up anew; "
        f"{DEPLOY}"
    ]


def test_what_only_a_silent_part_could_deny_is_not_claimed() -> None:
    parts = cluster.recorded() | {"members": [], "leader": "", "records": {}, "subnets": {}, "registered": {}}
    parts["errors"] = {"consul": "listing members: no answer"}
    assert found(parts) == [
        "Consul on node1 cannot be asked: listing members: no answer; `systemctl restart consul` on node1; "
        "`journalctl -u consul -n 50` on node1 says more"
    ]


def test_who_gives_no_reason_is_a_finding_all_the_same() -> None:
    parts = cluster.recorded()
    one = next(one for one in parts["registered"]["abc"] if one["id"] == "1.cache.abc.dns")
    one |= {"passing": False, "trouble": "\n"}
    assert "is not in DNS: it gives no reason; " in found(parts)[0]
    parts["errors"] = {"serf": "", "consul": " "}
    assert [": it gives no reason; " in line for line in found(parts)] == [True, True]


def subjects(parts: dict[str, Any]) -> set[str]:
    return {one.subject for one in findings(status(cluster.seen(parts)))}


def test_what_moves_from_look_to_look_stays_the_same_finding() -> None:
    before, after = cluster.recorded(), cluster.recorded()
    cluster.fail_consul(before, "node1")
    cluster.stop(after, "node1")
    cluster.tasks_of(before, "pricing")[0]["Status"]["State"] = "starting"
    for task in cluster.tasks_of(after, "pricing"):
        task["Status"]["State"] = "starting"
    assert not set(found(before)) & set(found(after))
    assert {"node node1", "service pricing of abc"} <= subjects(before) & subjects(after)


def test_swarm_that_hangs_and_swarm_without_a_leader_are_one_finding() -> None:
    before, after = cluster.recorded(), cluster.recorded()
    cluster.lose_swarm(before, "listing nodes: timed out")
    cluster.lose_swarm(after)
    assert subjects(before) & subjects(after) == {"Swarm"}


def test_each_finding_of_a_deployment_says_whose_it_is() -> None:
    parts = cluster.recorded()
    parts["records"] = {}
    cluster.tasks_of(parts, "pricing")[0]["Status"]["State"] = "starting"
    parts["subnets"]["xyz"] = {"default": "10.32.9.0/26"}
    assert {(one.deployment, one.repair.get("deployment")) for one in findings(status(cluster.seen(parts)))} == {
        ("abc", None),
        ("xyz", "xyz"),
    }


def test_a_key_that_somebody_else_wrote() -> None:
    parts = cluster.recorded() | {"illegible": {"arpanet/weave/node1": "it does not hold JSON"}}
    (line,) = found(parts)
    assert line.startswith("key arpanet/weave/node1 is of no use: it does not hold JSON: somebody else wrote it; ")
