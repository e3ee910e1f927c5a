"""Things that are wrong together: what is the cause of what, and what is not claimed at all."""

from __future__ import annotations

import pytest
from fakes.doctor import begun, dns, found, healthy, kept, step, thing, told, unit


def test_a_stopped_agent_is_the_cause_of_what_follows() -> None:
    parts = healthy()
    unit("node2", "arpanet-agent.service", active=False, state="inactive")(parts)
    step("register")(parts)
    told("the agent of node2 is stopped", about="agent", node="node2")(parts)
    first, second = found(parts)
    assert (first.repair, second.repair) == ({"do": "start", "node": "node2", "unit": "arpanet-agent.service"},) * 2
    assert second.cause == "the agent of node2 does not run"


def test_a_stopped_consul_explains_its_node_and_its_names() -> None:
    parts = healthy()
    unit("node2", "consul.service", active=False, state="inactive")(parts)
    told("node2 is only partly there", about="node", node="node2")(parts)
    parts["looks"]["node2"]["errors"] = {"consul": "no answer", "dns 127.0.0.1": "no answer"}
    parts["looks"]["node2"]["dns"] = {}
    dns("node1", "10.32.0.5")(parts)
    assert [one.what for one in found(parts)] == ["consul.service does not run on node2"]


def test_names_that_are_known_to_be_wrong_are_said_once() -> None:
    parts = healthy()
    step("register")(parts)
    told("2.web.abc runs on node2 but is not in DNS", about="name", node="node2")(parts)
    dns("node1", "10.32.0.5")(parts)
    dns("node2", "10.32.0.5")(parts)
    assert [one.what for one in found(parts)] == ["2.web.abc runs on node2 but Consul there says otherwise"]


def test_nothing_is_claimed_of_a_node_that_was_not_looked_at() -> None:
    parts = healthy()
    del parts["looks"]["node2"]
    parts["silent"]["node2"] = "timed out"
    told("node2 is down", about="node", node="node2")(parts)
    dns("node1", "10.32.0.5")(parts)
    (one,) = found(parts)
    assert (one.what, one.cause) == ("node2 is down", "c; Ansible says: timed out")


@pytest.mark.parametrize("part", ["swarm", "consul"])
def test_nothing_is_nobodys_while_a_part_is_silent(part: str) -> None:
    parts = healthy()
    parts["status"]["errors"][part] = "no answer"
    parts["status"]["deployments"], parts["ledger"]["deployments"] = [], []
    kept("nodes", node9={"networks": {}})(parts)
    parts["ledger"]["things"].append(thing("network", "xyz_default", "xyz"))
    assert found(parts) == []


def test_a_deployment_that_somebody_is_at_work_on_is_left_alone() -> None:
    parts = healthy()
    parts["ledger"]["locked"] = ["abc", "xyz"]
    begun("id-node2")(parts)
    parts["ledger"]["things"] += [thing("network", "abc_new", "abc"), thing("network", "xyz_default", "xyz")]
    assert found(parts) == []


def test_a_subnet_that_two_have_taken_is_not_taken_from_either() -> None:
    parts = healthy()
    kept("owners", **{"xyz/default": "10.32.0.0/25"})(parts)
    (one,) = found(parts)
    assert one.what == "subnet 10.32.0.0/25 of xyz/default is not marked as taken"
    assert one.mend.startswith("`ansible-playbook remove.yml -e deployment=xyz`, then ")


def test_who_gives_no_reason_is_a_finding_all_the_same() -> None:
    parts = healthy()
    parts["silent"]["node3"] = " "
    parts["looks"]["node1"]["errors"]["dns 127.0.0.1"] = ""
    told("node4 is down", about="node", node="node4")(parts)
    parts["silent"]["node4"] = ""
    assert [one.cause.partition(":")[0] for one in found(parts)] == [
        "c; Ansible says",
        "it gives no reason",
        "it gives no reason",
    ]
