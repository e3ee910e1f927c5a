from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import preflight

SUPPORTED = {"debian": ["12", "13"], "ubuntu": ["24.04"], "rocky": ["9"]}
BRIDGE = "172.17.0.1/16"


def facts(number: int = 1, **changed: Any) -> dict[str, Any]:
    """What node_facts says of a sound host."""
    swarm = {
        "state": "inactive",
        "node_id": "",
        "cluster_id": "",
        "manager": False,
        "error": "",
        "silent": False,
        "nodes": [],
        "quorum": False,
        **changed.pop("swarm", {}),
    }
    return {
        "address": f"10.0.0.{number}",
        "address_here": True,
        "architecture": "amd64",
        "cgroups": True,
        "daemon_keys": [],
        "distribution": {"id": "debian", "version": "13", "name": "Debian 13", "family": "debian"},
        "dns_listeners": [],
        "docker0": "",
        "hostname": f"h{number}",
        "keys": [],
        "managed": False,
        "overlay": True,
        "routes": [],
        "swarm": swarm,
        "systemd": True,
        "vxlan": True,
        **changed,
    }


def system(name: str, version: str) -> dict[str, str]:
    return {"id": name, "version": version, "name": f"{name} {version}", "family": "debian"}


def test_sound_nodes() -> None:
    nodes = {"a": facts(1), "b": facts(2), "down": {}}
    assert preflight.node_problems(nodes, ["a", "down"], ["b"], SUPPORTED) == []
    assert preflight.engine_problems(nodes, {}, "distribution", [], BRIDGE) == []
    assert preflight.swarm_problems({"a": facts(1), "b": facts(2)}, ["a"], ["a", "b"]) == []
    assert preflight.dns_problems(nodes, {}, ["127.0.0.1"]) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"distribution": system("debian", "11")}, "a runs debian 11, which is not supported.*debian 12, 13"),
        ({"distribution": system("ubuntu", "24.10")}, "ubuntu 24.10"),
        ({"distribution": system("arch", "")}, "not supported"),
        ({"architecture": "riscv64"}, "a is a riscv64 machine"),
        ({"systemd": False}, "not run by systemd"),
        ({"address": ""}, "Set arpanet_address"),
        ({"address_here": False}, "does not have the address 10.0.0.1"),
        ({"address": "127.0.0.1"}, "no other node reaches"),
        ({"hostname": "localhost"}, "localhost"),
        ({"hostname": "localhost.localdomain"}, "localhost"),
    ],
)
def test_unfit_node(changed: dict[str, Any], message: str) -> None:
    (problem,) = preflight.node_problems({"a": facts(**changed)}, ["a"], [], SUPPORTED)
    assert re.search(message, problem)


@pytest.mark.parametrize(("name", "version"), [("rocky", "9.4"), ("rocky", "9"), ("ubuntu", "24.04")])
def test_supported_releases(name: str, version: str) -> None:
    assert preflight.node_problems({"a": facts(distribution=system(name, version))}, ["a"], [], SUPPORTED) == []


def test_groups() -> None:
    (problem,) = preflight.node_problems({"b": facts()}, [], ["b"], SUPPORTED)
    assert "managers is empty" in problem
    (problem,) = preflight.node_problems({"a": facts()}, ["a"], ["a"], SUPPORTED)
    assert "both groups" in problem


def test_the_same_twice() -> None:
    nodes = {"a": facts(1), "b": facts(2, address="10.0.0.1"), "c": facts(3, hostname="h1")}
    problems = preflight.node_problems(nodes, ["a"], ["b", "c"], SUPPORTED)
    assert [problem.partition(",")[0] for problem in problems] == [
        "a and b have the same address",
        "a and c have the same hostname",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cgroups": False}, "control groups"),
        ({"overlay": False}, "overlay file system"),
        ({"vxlan": False}, "VXLAN"),
        ({"distribution": {**system("rocky", "9"), "family": "redhat"}}, "docker_source"),
        ({"routes": [{"network": "172.16.0.0/12", "interface": "eth1"}]}, "overlaps.*172.17.0.0/16"),
        ({"daemon_keys": ["data-root", "dns"]}, "daemon.json with data-root,"),
    ],
)
def test_engine(changed: dict[str, Any], message: str) -> None:
    (problem,) = preflight.engine_problems({"a": facts(**changed)}, {}, "distribution", ["dns"], BRIDGE)
    assert re.search(message, problem)


def test_engine_accepts() -> None:
    nodes = {
        "unsure": facts(vxlan=None),
        "ours": facts(managed=True, daemon_keys=["data-root"]),
        "moved": facts(routes=[{"network": "172.17.0.0/16", "interface": "eth1"}], docker0="172.30.0.1/16"),
        "told": facts(routes=[{"network": "172.17.0.0/16", "interface": "eth1"}]),
    }
    assert preflight.engine_problems(nodes, {"told": "172.31.0.1/24"}, "distribution", [], BRIDGE) == []


def manager(number: int, cluster: str = "s", members: tuple[str, ...] = ("n1", "n2")) -> Any:
    swarm = {"state": "active", "node_id": f"n{number}", "cluster_id": cluster, "manager": True}
    return facts(number, swarm={**swarm, "quorum": True, "nodes": [{"id": member} for member in members]})


def leaderless(number: int) -> Any:
    """What an engine says without a leader: it does not know the id of its swarm."""
    return facts(number, swarm={"state": "active", "node_id": f"n{number}", "manager": True})


def worker(number: int) -> Any:
    return facts(number, swarm={"state": "active", "node_id": f"n{number}"})


def test_sound_swarm() -> None:
    nodes = {"a": manager(1), "b": worker(2), "c": facts(3)}
    assert preflight.swarm_problems(nodes, ["a"], ["a", "b", "c"]) == []


@pytest.mark.parametrize(
    ("nodes", "managers", "message"),
    [
        ({"a": manager(1, "s"), "b": manager(2, "t")}, ["a", "b"], "different swarms: a in s; b in t"),
        ({"a": manager(1), "b": worker(9)}, ["a"], "b is in another swarm"),
        ({"a": facts(1), "b": worker(2)}, ["a"], "b is in another swarm"),
        ({"a": manager(1, "s"), "w": manager(2, "t")}, ["a"], "different swarms: a in s; w in t"),
        ({"a": leaderless(1), "c": facts(3)}, ["a"], "c cannot join: no manager has a quorum"),
        ({"a": manager(1), "b": leaderless(2)}, ["a", "b"], "b is a manager without a leader, and a has one: 2377/tcp"),
        ({"a": facts(1), "b": {}}, ["a", "b"], "b cannot be asked whether there is a swarm"),
    ],
)
def test_swarm(nodes: dict[str, Any], managers: list[str], message: str) -> None:
    problems = preflight.swarm_problems(nodes, managers, list(nodes))
    assert len(problems) == 1
    assert message in problems[0]


SILENT = {"state": "", "silent": True}


@pytest.mark.parametrize(
    ("nodes", "managers", "run", "message"),
    [
        # A manager that is added while the only one is silent must not begin a swarm of its own.
        ({"a": facts(1, swarm=SILENT), "b": facts(2)}, ["a", "b"], ["b"], "a cannot be asked whether there is a swarm"),
        ({"a": facts(1, swarm=SILENT), "w": worker(2)}, ["a"], ["w"], "(`systemctl start docker` on a; `journalctl -u"),
        # Nobody is told to leave a swarm that only those would know who do not answer.
        ({"a": {}, "w": worker(2)}, ["a"], ["w"], "a cannot be asked whether there is a swarm"),
        # It has failed on the way.
        ({"a": facts(1, swarm=SILENT), "b": facts(2)}, ["a", "b"], ["b"], "(`systemctl start docker` on a"),
        # A manager that the inventory has moved to the workers is one until somebody says so.
        ({"a": facts(1, swarm={**SILENT, "manager": True}), "b": facts(2)}, ["b"], ["b"], "a cannot be asked"),
        # The last of three came back alone.
        (
            {"a": facts(1, swarm={"state": "pending"}), "b": facts(2)},
            ["a", "b"],
            ["a", "b"],
            "a (pending): in a swarm that no manager speaks for",
        ),
        ({"a": facts(1, swarm={"state": "locked"}), "b": facts(2)}, ["a", "b"], ["b"], "a (locked): in a swarm that"),
        # The run starts it, and looks again.
        ({"a": facts(1, swarm=SILENT), "b": facts(2), "w": worker(3)}, ["a", "b"], ["a", "b", "w"], ""),
        # Others speak for the swarm.
        ({"a": manager(1), "b": facts(2, swarm=SILENT), "c": facts(3)}, ["a", "b"], ["c"], ""),
        # A worker's engine says nothing about whether there is a swarm.
        ({"a": facts(1), "w": facts(2, swarm=SILENT)}, ["a"], ["a", "w"], ""),
    ],
)
def test_an_engine_that_does_not_answer_may_be_in_any_state(
    nodes: dict[str, Any], managers: list[str], run: list[str], message: str
) -> None:
    problems = preflight.swarm_problems(nodes, managers, run)
    assert len(problems) == bool(message)
    assert message in "".join(problems)
    assert "leave --force" not in "".join(problems)


def test_a_manager_that_became_a_worker_in_the_inventory_lets_the_others_in() -> None:
    nodes = {"a": facts(1), "w": manager(2)}
    assert preflight.swarm_problems(nodes, ["a"], ["a", "w"], demote=True) == []
    (problem,) = preflight.swarm_problems(nodes, ["a"], ["a", "w"])
    assert problem.startswith("w would stop being a manager")


def test_a_dead_manager_does_not_matter_to_a_swarm_that_works() -> None:
    assert preflight.swarm_problems({"a": manager(1), "b": {}, "c": facts(3)}, ["a", "b"], ["a", "c"]) == []


def test_lost_quorum_does_not_matter_where_nobody_joins() -> None:
    assert preflight.swarm_problems({"a": leaderless(1), "b": leaderless(2)}, ["a", "b"], ["a", "b"]) == []


def test_a_manager_without_a_leader_is_not_told_to_leave_its_swarm() -> None:
    nodes = {"a": manager(1), "b": manager(2), "c": leaderless(3), "d": manager(4, "t")}
    (problem,) = preflight.swarm_problems(nodes, [*nodes], [*nodes])
    assert "different swarms: a in s; b in s; d in t." in problem
    (problem,) = preflight.swarm_problems({name: nodes[name] for name in "abc"}, ["a", "b", "c"], ["a", "b", "c"])
    assert "`journalctl -u docker -n 50` on c" in problem and "`ansible-playbook recover.yml`" in problem
    assert "leave --force" not in problem


@pytest.mark.parametrize(
    ("of_w", "message"),
    [
        (worker(2), ""),
        (manager(2), "w is a manager of the swarm, and not in the group managers"),
        (leaderless(2), "`ansible-playbook demote.yml -e node=w`"),
        (facts(2, swarm={"state": "locked"}), "w is a manager of the swarm"),
        # Nobody says what these are.
        (facts(2), ""),
        (facts(2, swarm=SILENT), ""),
        ({}, ""),
    ],
)
def test_what_the_inventory_does_not_know_of_workers(of_w: dict[str, Any], message: str) -> None:
    problems = preflight.group_problems({"a": manager(1), "w": of_w}, ["a"])
    assert [message in problem for problem in problems] == [True] * bool(message)


@pytest.mark.parametrize(
    ("of_m", "refused"),
    [
        (manager(2), False),
        (leaderless(2), False),
        (facts(2, swarm={"state": "locked"}), False),
        (facts(2), False),
        ({}, False),
        (worker(2), True),
    ],
)
def test_what_the_inventory_does_not_know_of_managers(of_m: dict[str, Any], refused: bool) -> None:
    problems = preflight.group_problems({"a": manager(1), "m": of_m}, ["a", "m"])
    assert ["Move it to the group workers, or make it a manager" in problem for problem in problems] == [True] * refused


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ({"a": facts(keys=["serf"]), "b": {}}, ""),
        ({"a": facts(), "b": facts(2)}, ""),
        ({"a": facts(), "b": {}}, "b cannot be asked for the key serf"),
        ({"a": {}, "b": {}}, "No manager answers"),
    ],
)
def test_keys(nodes: dict[str, Any], message: str) -> None:
    problems = preflight.key_problems(nodes, ["a", "b"], "serf")
    assert [message in problem for problem in problems] == ([True] if message else [])


def given(number: int, *gossips: str, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """A host that was given the keys of these, and that has these files of keys."""
    paths = {"serf": "/var/lib/serf/keyring.json", "consul": "/etc/consul.d/gossip.json"}
    files = {path: {"kind": "file" if name in gossips else "absent"} for name, path in paths.items()}
    return facts(number, keys=[*keys], files=files)


@pytest.mark.parametrize(
    ("new", "next_of", "hosts", "refused"),
    [
        # None is rotated; both are known there; the one that is rotated is.
        (given(3), [], ["a", "c"], []),
        (given(3, "serf", "consul"), ["serf", "consul"], ["a", "c"], []),
        (given(3, "serf"), ["serf"], ["a", "c"], []),
        (given(3), ["serf"], ["a", "c"], ["serf"]),
        (given(3, "serf"), ["consul"], ["a", "c"], ["consul"]),
        (given(3), ["serf", "consul"], ["c"], ["serf", "consul"]),
        # It is left out, it does not answer, or nobody has looked at its files.
        (given(3), ["serf"], ["a"], []),
        ({}, ["serf"], ["a", "c"], []),
        (facts(3, files={}), ["serf"], ["a", "c"], []),
    ],
)
def test_who_would_be_given_a_key_that_is_rotated(
    new: dict[str, Any], next_of: list[str], hosts: list[str], refused: list[str]
) -> None:
    # Of a manager that is left out the files are not known.
    left_out = facts(2, keys=["serf", "consul", *(f"{name}-next" for name in next_of)], files={})
    nodes = {"a": given(1, "serf", "consul", keys=("serf", "consul")), "b": left_out, "c": new}
    for gossip in ("serf", "consul"):
        problems = preflight.rotation_problems(nodes, ["a", "b"], hosts, gossip)
        assert problems == [
            f"c cannot be let in now: a rotation of the key of {gossip.title()}'s gossip was cut off, and "
            f"/etc/arpanet/keys/{gossip}-next is still on b. "
            f"`ansible-playbook rotate_keys.yml -e what={gossip}` finishes it first."
        ] * (gossip in refused)


def test_keys_of_a_backup_are_of_no_gossip_yet() -> None:
    nodes = {"a": given(1, keys=("serf", "serf-next")), "b": given(2)}
    assert preflight.rotation_problems(nodes, ["a"], ["a", "b"], "serf") == []


@pytest.mark.parametrize(
    ("managers", "raft", "active", "peers", "refused"),
    [
        ([], True, False, None, True),
        ([], True, True, None, False),
        ([], False, False, None, False),
        (["a"], True, False, None, False),
        # It has left, and was cut off before it was a client.
        (["m"], True, False, ["10.0.0.2"], False),
        (["m"], True, False, ["10.0.0.2", "10.0.0.1"], True),
        # Nobody says so: the others wait for their first leader, or do not answer.
        (["m"], True, False, [], True),
        (["m"], True, False, None, True),
        # Not of those that stay.
        ([], True, False, ["10.0.0.2"], True),
    ],
)
def test_a_server_that_cannot_say_that_it_leaves(
    managers: list[str], raft: bool, active: bool, peers: list[str] | None, refused: bool
) -> None:
    service = {"consul.service": {"active": active}}
    nodes = {
        "a": {"address": "10.0.0.1", "consul_raft": raft, "consul_peers": None, "services": service},
        "m": {"address": "10.0.0.2", "consul_raft": True, "consul_peers": peers},
        "b": {},
    }
    problems = preflight.raft_problems(nodes, ["a"], managers)
    assert [problem.startswith("a would stay a server that is dead") for problem in problems] == [True] * refused
    assert all("(`systemctl start consul` on a)" in problem for problem in problems)


@pytest.mark.parametrize(
    ("address", "process", "taken"),
    [
        ("127.0.0.53", "systemd-resolve", False),
        ("0.0.0.0", "dnsmasq", True),
        ("::", "named", True),
        ("172.17.0.1", "dnsmasq", True),
        ("172.17.0.1", "consul", False),
        ("192.168.1.1", "dnsmasq", False),
        ("127.0.0.1", "", True),
    ],
)
def test_dns(address: str, process: str, taken: bool) -> None:
    nodes = {"a": facts(dns_listeners=[{"address": address, "process": process}])}
    problems = preflight.dns_problems(nodes, {}, ["127.0.0.1", "172.17.0.1"])
    assert bool(problems) is taken
    if taken:
        assert (process or "something") in problems[0]


@pytest.mark.parametrize(("count", "said"), [(0, False), (1, False), (2, True), (3, False), (4, True)])
def test_even(count: int, said: bool) -> None:
    assert bool(preflight.even(["m"] * count)) is said


def test_key_holder() -> None:
    names = ["consul", "consul-acl", "consul-ca"]
    nodes: dict[str, Any] = {"a": {"keys": []}, "b": {"keys": ["consul", "serf"]}, "c": {}, "d": {"keys": names}}
    assert preflight.key_holder(nodes, ["a", "b", "c", "d"], names) == "d"
    assert preflight.key_holder(nodes, ["a", "b", "c"], names) == "b"
    # The first manager makes them; one that is down does not.
    assert preflight.key_holder({**nodes, "b": {"keys": []}}, ["c", "a", "b"], names) == "a"
    assert preflight.key_holder({"c": {}}, ["c"], names) == ""


def test_while_all_managers_are_locked_nobody_is_a_stranger() -> None:
    locked = facts(1, swarm={"state": "locked"})
    worker = facts(2, swarm={"state": "active", "node_id": "n2"})
    assert preflight.swarm_problems({"a": locked, "w": worker}, ["a"], ["a", "w"]) == []


REDHAT = {"id": "rocky", "version": "9.4", "name": "Rocky 9.4", "family": "redhat"}
BOOKWORM = {"id": "debian", "version": "12", "name": "Debian 12", "family": "debian"}
UBUNTU = {"id": "ubuntu", "version": "24.04", "name": "Ubuntu 24.04", "family": "debian"}


@pytest.mark.parametrize(
    ("distribution", "source", "refused"),
    [(None, "distribution", False), (REDHAT, "distribution", True), (REDHAT, "archive", False), (REDHAT, None, False)],
)
def test_serf(distribution: dict[str, str] | None, source: str | None, refused: bool) -> None:
    nodes = {"a": facts(**({"distribution": distribution} if distribution else {})), "down": {}}
    sources = {"a": source, "down": source} if source else {}
    said = preflight.serf_problems(nodes, sources)
    assert said == (["a runs Rocky 9.4, which has no package serf. Set serf_source to archive."] if refused else [])


def test_registry() -> None:
    nodes = {"a": facts(distribution=REDHAT), "b": facts(2), "worker": facts(3, distribution=REDHAT), "down": {}}
    (said,) = preflight.registry_problems(nodes, ["a", "b", "down", "unknown"])
    assert said.startswith("a runs Rocky 9.4, which has no package docker-registry. Take managers that run Debian")


@pytest.mark.parametrize(
    ("distribution", "libraries", "refused"),
    [
        (None, "distribution", False),
        (BOOKWORM, "distribution", True),
        (BOOKWORM, "auto", False),
        (BOOKWORM, "venv", False),
        (UBUNTU, "distribution", True),
        (REDHAT, "distribution", True),
    ],
)
def test_libraries(distribution: dict[str, str] | None, libraries: str, refused: bool) -> None:
    nodes = {"a": facts(**({"distribution": distribution} if distribution else {})), "down": {}}
    said = preflight.library_problems(nodes, dict.fromkeys(nodes, libraries))
    assert [text.endswith("Set agent_libraries to venv.") for text in said] == [True] * refused
