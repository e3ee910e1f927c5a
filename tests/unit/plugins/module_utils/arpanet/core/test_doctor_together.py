"""Things that are wrong together: what is the cause of what, and what is not claimed at all."""

from __future__ import annotations

import pytest
from fakes.doctor import LEASES, UNITS, Break, begun, dns, found, healthy, kept, lease, step, thing, told, unit


def test_a_stopped_agent_is_the_cause_of_what_follows() -> None:
    parts = healthy()
    unit("node2", "arpanet-agent.service", active=False, state="inactive")(parts)
    step("register")(parts)
    told("the agent of node2 is stopped", about="agent", node="node2", units=["arpanet-agent"])(parts)
    first, second = found(parts)
    assert (first.repair, second.repair) == ({"do": "start", "node": "node2", "unit": "arpanet-agent.service"},) * 2
    assert second.cause == "the agent of node2 does not run"


def test_a_stopped_consul_explains_its_node_and_its_names() -> None:
    parts = healthy()
    unit("node2", "consul.service", active=False, state="inactive")(parts)
    told("node2 is only partly there", about="node", node="node2", units=["consul"])(parts)
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


def test_who_registers_something_under_a_deployments_names_may() -> None:
    parts = healthy()
    dns("node1", "10.32.0.5", "10.32.0.6", "192.0.2.50")(parts)
    assert len(found(parts)) == 1
    parts["status"]["deployments"][0]["others"] = ["192.0.2.50"]
    assert found(parts) == []
    # It hides nobody.
    dns("node1", "10.32.0.5", "192.0.2.50")(parts)
    assert len(found(parts)) == 1


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


@pytest.mark.parametrize(
    "harm",
    [
        begun("id-node2"),
        step("register"),
        dns("node1", "10.32.0.5"),
        told("service web of abc has 1 of 2 instances", deployment="abc"),
        told("deployment xyz does not exist but holds 10.32.0.64/26", deployment="xyz"),
        kept("leases", **{f"{LEASES}10.32.0.9": lease("4.web.abc", "node2")}),
        kept("blocks", **{"10.32.0.64/26": "xyz/default"}),
        kept("recorded", **{"xyz/default": "10.32.0.64/26"}),
        kept("volumes", abc={"data": "node7"}),
        lambda parts: parts["ledger"]["things"].append(thing("network", "abc_new", "abc")),
        lambda parts: parts["ledger"]["things"].append(thing("network", "xyz_default", "xyz")),
    ],
)
def test_a_deployment_that_somebody_is_at_work_on_is_left_alone(harm: Break) -> None:
    parts = healthy()
    harm(parts)
    assert found(parts)
    parts["ledger"]["locked"] = ["abc", "xyz"]
    assert found(parts) == []


def test_a_service_explains_what_it_causes_and_nothing_else() -> None:
    parts = healthy()
    parts["looks"]["node2"]["units"]["arpanet-registry.service"] = {"active": False, "enabled": True, "state": "failed"}
    parts["units"]["node2"] = [*UNITS, "arpanet-registry.service"]
    unit("node2", "serf.service", active=False, state="inactive")(parts)
    told("serf", node="node2", units=["serf"])(parts)
    told("serf and consul", node="node2", units=["serf", "consul"])(parts)
    told("serf elsewhere", node="node1", units=["serf"])(parts)
    told("node2 is outside", about="node", node="node2")(parts)
    told("Weave on node2", node="node2", units=["arpanet-weave"])(parts)
    assert [one.what for one in found(parts)] == [
        "serf.service does not run on node2",
        "arpanet-registry.service does not run on node2",
        "serf and consul",
        "serf elsewhere",
        "node2 is outside",
        "Weave on node2",
    ]


def test_a_service_that_runs_explains_nothing() -> None:
    parts = healthy()
    unit("node2", "consul.service", stale=True)(parts)
    told("node2 is only partly there", about="node", node="node2", units=["consul"])(parts)
    assert len(found(parts)) == 2


@pytest.mark.parametrize(("part", "named"), [("engine", "docker"), ("swarm", "docker"), ("consul", "consul")])
def test_a_part_that_cannot_be_asked_is_said_once(part: str, named: str) -> None:
    parts = healthy()
    parts["looks"]["node2"]["errors"][part] = "no answer"
    told("node2 is only partly there", about="node", node="node2", units=[named])(parts)
    (one,) = found(parts)
    assert (one.what.partition(" on ")[2], one.cause) == ("node2 cannot be asked", "no answer")
    # Whoever is stopped has no more to say.
    unit("node2", f"{named}.service", active=False, state="inactive")(parts)
    assert [one.what for one in found(parts)] == [f"{named}.service does not run on node2"]


def test_what_was_asked_for_the_whole_says_itself_that_it_is_silent() -> None:
    parts = healthy()
    parts["looks"]["node1"]["errors"]["consul"] = "no answer"
    parts["status"]["errors"]["consul"] = "no answer"
    assert found(parts) == []


def test_engines_that_wait_for_a_leader_are_not_a_finding_each() -> None:
    parts = healthy()
    parts["looks"]["node1"]["errors"]["swarm"] = "timed out"
    parts["status"]["swarm"]["ok"] = False
    assert found(parts) == []


def test_a_container_that_is_about_to_stop_has_no_name_any_more() -> None:
    parts = healthy()
    step("register")(parts)
    parts["status"]["deployments"][0]["services"][0]["placements"].pop()
    assert found(parts) == []
    # Its agent may be at fault where nobody knows what is to run.
    parts["status"]["errors"]["swarm"] = "no answer"
    assert len(found(parts)) == 1


def test_an_explicit_address_is_its_owners() -> None:
    parts = healthy()
    parts["ledger"]["leases"][f"{LEASES}10.32.0.6"] = {"deployment": "abc", "owner": "web", "service": "web"}
    assert found(parts) == []


def test_what_somebody_wrote_into_a_key_is_one_finding() -> None:
    parts = healthy()
    key = f"{LEASES}10.32.0.6"
    del parts["ledger"]["leases"][key]
    parts["ledger"]["illegible"] = {key: "it does not hold JSON"}
    (one,) = found(parts)
    assert one.what == f"key {key} is of no use"
    # The picture of the whole has some of them, too.
    parts["status"]["illegible"] = parts["ledger"]["illegible"]
    assert found(parts) == []


def test_a_subnet_without_its_owner_is_not_taken_from_it() -> None:
    parts = healthy()
    del parts["ledger"]["owners"]["abc/default"]
    whole = found(parts)
    # A record and a network that services are on each say enough.
    parts["ledger"]["recorded"] = {}
    assert found(parts) == whole
    parts["ledger"]["things"].clear()
    kept("recorded", **{"abc/default": "10.32.0.0/26"})(parts)
    assert found(parts) == whole
    # With its mark it has lost the range to nobody yet, or to somebody.
    parts["ledger"]["blocks"].clear()
    assert [mend.partition(" -token")[0] for mend in found(parts)[0].mend.split("`")[1::2]] == ["consul kv put"] * 2
    kept("owners", **{"xyz/default": "10.32.0.0/25"})(parts)
    kept("blocks", **{"10.32.0.0/25": "xyz/default"})(parts)
    (one,) = found(parts)
    assert one.mend.startswith("`ansible-playbook remove.yml -e deployment=abc`, then ")


@pytest.mark.parametrize("network", ["default.g2", "front.end"])
def test_a_network_with_a_dot_is_its_owners(network: str) -> None:
    """In Swarm's names a dot is a dash: a deployment that has moved to another subnet once has one."""
    parts = healthy()
    owner = f"abc/{network}"
    parts["ledger"] |= {"owners": {owner: "10.32.0.0/26"}, "blocks": {"10.32.0.0/26": owner}}
    parts["ledger"]["recorded"] = {owner: "10.32.0.0/26"}
    parts["ledger"]["things"] = [thing("network", f"abc_{network.replace('.', '-')}", "abc", used=True)]
    assert found(parts) == []
    parts["ledger"]["owners"] = {}
    (lost,) = found(parts)
    assert f"subnet 10.32.0.0/26 is used by {owner}, which no key says" in lost.what
    # With no record, its mark says whose it is.
    parts["ledger"]["recorded"] = {}
    assert found(parts) == [lost]


def test_a_network_whose_owners_key_is_of_no_use_is_said_once() -> None:
    parts = healthy()
    key = "arpanet/subnets/owners/abc/default.g2"
    parts["ledger"] |= {"owners": {}, "blocks": {}, "recorded": {}, "illegible": {key: "it does not hold JSON"}}
    parts["ledger"]["things"] = [thing("network", "abc_default-g2", "abc", used=True)]
    (one,) = found(parts)
    assert one.what == f"key {key} is of no use"


def test_nobody_has_lost_a_subnet_while_consul_is_silent() -> None:
    parts = healthy()
    parts["status"]["errors"]["consul"] = "no answer"
    for part in ("owners", "blocks", "leases", "recorded"):
        parts["ledger"][part] = {}
    begun("id-node2")(parts)
    assert found(parts) == []


@pytest.mark.parametrize("known", [{"role": ""}, {"consul_role": ""}, {"swarm": "down"}])
def test_roles_that_nobody_knows_are_not_compared(known: dict[str, str]) -> None:
    parts = healthy()
    parts["status"]["nodes"][1] |= {"role": "manager", "consul_role": "server"} | known
    assert [one for one in found(parts) if "among the" in one.what] == []


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
