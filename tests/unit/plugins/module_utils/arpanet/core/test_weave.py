from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import weave
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.weave import (
    GRACE,
    GRACE_STOPPED,
    Gate,
    State,
    fast,
    gates,
    peer_name,
    read,
    settings,
    targets_change,
    to_reclaim,
    unready,
)


def test_peer_names_are_their_nodes_own() -> None:
    names = {peer_name(f"node{number}") for number in range(1000)}
    assert len(names) == 1000
    assert peer_name("node1") == "ca:12:f3:1b:8c:bf"
    for name in names:
        first = int(name.partition(":")[0], 16)
        assert (first & 1, first & 2) == (0, 2), "of one station, locally administered"


def test_settings() -> None:
    assert settings("node1", "10.31.255.0/24", 0, [], "") == {
        "EXTRA_ARGS": "--name=ca:12:f3:1b:8c:bf",
        "IPALLOC_RANGE": "10.31.255.0/24",
        "WEAVE_MTU": "",
    }
    found = settings("node1", "10.31.255.0/24", 1400, ["10.1.0.0/16", "10.0.0.0/16"], " --conn-limit=0  --bufsz=16")
    assert found["WEAVE_MTU"] == "1400"
    assert found["EXTRA_ARGS"] == (
        "--name=ca:12:f3:1b:8c:bf --trusted-subnets=10.0.0.0/16,10.1.0.0/16 --conn-limit=0 --bufsz=16"
    )


@pytest.mark.parametrize(
    ("floor", "helper", "refused"),
    [
        ("1.24", "1.26", False),
        ("1.44", "1.26", True),
        ("1.44", "1.44", False),
        # Not as texts: 1.9 is older than 1.26.
        ("1.26", "1.9", True),
        ("1.44", "", False),
        ("", "1.26", False),
    ],
)
def test_an_engine_that_does_not_answer_the_plugin(floor: str, helper: str, refused: bool) -> None:
    said = weave.api_problem("node1", floor, "29.0.1", helper)
    assert bool(said) == refused
    if refused:
        assert "Docker 29.0.1 answers no API older than" in said
        assert "docker_daemon_options" in said
        assert "weave_bundle" in said


@pytest.mark.parametrize(("floor", "asks"), [("1.24", "1.26"), ("1.44", "1.44"), ("0", "1.26")])
def test_a_bundle_asks_with_what_is_answered(floor: str, asks: str) -> None:
    assert weave.additions(floor)["DOCKER_API_VERSION"] == asks


@pytest.mark.parametrize(
    ("asked", "routes", "said"),
    [
        ("10.31.255.0/24", [("eth0", "192.168.0.0/24"), ("weave", "10.31.255.0/24")], ""),
        ("10.31.255.0/24", [("tun0", "10.31.0.0/16")], "node1 reaches 10.31.0.0/16 through tun0"),
        ("10.31.255.0/24", [("office", "10.31.0.0/16"), ("office", "10.31.0.0/16")], "10.31.0.0/16 through office"),
        ("10.40.0.0/24", [], "lies in the pool 10.32.0.0/12 (arpanet_pool)"),
        ("10.254.7.0/24", [], "lies in the pool 10.254.0.0/16 (swarm_address_pools)"),
        ("10.40.0.1/24", [], "is no range"),
    ],
)
def test_the_routers_range(asked: str, routes: list[tuple[str, str]], said: str) -> None:
    pools = {"10.32.0.0/12": "arpanet_pool", "10.254.0.0/16": "swarm_address_pools"}
    found = weave.range_problems(asked, pools, {"node1": routes})
    assert said in " ".join(found)
    assert len(found) == bool(said)


def report(**router: Any) -> dict[str, Any]:
    return {"Ready": True, "Version": "2.9.0", "Router": {"Name": "ca:fe:00:00:00:01", "Encryption": True, **router}}


def connection(state: str, path: str = "", info: str = "", address: str = "10.0.0.2:6783") -> dict[str, Any]:
    attributes = {"name": path, "encrypted": True} if path else None
    return {"Address": address, "State": state, "Info": info, "Attrs": attributes}


def test_what_a_router_says() -> None:
    found = read(
        {
            **report(
                Peers=[{"Name": "ca:fe:00:00:00:01"}, {"Name": "ca:fe:00:00:00:02"}],
                Targets=["10.0.0.1", "10.0.0.2"],
                Connections=[
                    connection("failed", info="cannot connect to ourself, retry: never", address="10.0.0.1:6783"),
                    connection("established", "fastdp"),
                    connection(
                        "retrying",
                        info="dial tcp: i/o timeout, retry: 2026-01-01 00:00:00 UTC",
                        address="10.0.0.3:6783",
                    ),
                ],
            ),
            "IPAM": {
                "Entries": [
                    {"Peer": "ca:fe:00:00:00:09", "Size": 8, "IsKnownPeer": False},
                    {"Peer": "ca:fe:00:00:00:02", "Size": 8, "IsKnownPeer": True},
                    {"Peer": "ca:fe:00:00:00:08", "Size": 0, "IsKnownPeer": False},
                ]
            },
        }
    )
    assert (found.path, found.encrypted, found.unready) == ("fastdp", True, "")
    assert found.connections == {"established": 1, "retrying": 1}
    assert found.failures == ("10.0.0.3:6783: retrying, dial tcp: i/o timeout",)
    assert found.lost == ("ca:fe:00:00:00:09",)
    assert found.as_value("node1")["ready"]


@pytest.mark.parametrize(
    ("router", "path"),
    [
        ({"Connections": [connection("established", "fastdp"), connection("established", "sleeve")]}, "sleeve"),
        ({"Interface": "vethwe-pcap (via pcap)"}, "sleeve"),
        ({"Interface": "datapath (via ODP)"}, "fastdp"),
        ({}, ""),
    ],
)
def test_its_data_path(router: dict[str, Any], path: str) -> None:
    assert read(report(**router)).path == path


def test_a_router_that_is_not_ready() -> None:
    assert read({**report(), "Ready": False}).unready
    assert read({}).unready


@pytest.mark.parametrize(
    ("targets", "nodes", "told"),
    [
        (["10.0.0.1", "10.0.0.2"], ["10.0.0.1", "10.0.0.2"], None),
        ([], ["10.0.0.1", "10.0.0.2"], ["10.0.0.2"]),
        (["10.0.0.2:6783"], ["10.0.0.1", "10.0.0.2"], None),
        (["10.0.0.2", "10.0.0.3"], ["10.0.0.1", "10.0.0.2"], ["10.0.0.2"]),
        (["10.0.0.2"], ["10.0.0.1", ""], []),
    ],
)
def test_peers_follow_the_cluster(targets: list[str], nodes: list[str], told: list[str] | None) -> None:
    assert targets_change(State(targets=tuple(targets)), nodes, "10.0.0.1") == told


def test_ranges_of_a_node_that_is_only_down_are_its_own() -> None:
    lost = [peer_name("node1"), peer_name("gone")]
    assert to_reclaim(lost, ["node1", "node2"]) == [peer_name("gone")]
    assert to_reclaim([], ["node1"]) == []


def test_nodes_that_cannot_carry_a_network() -> None:
    records = {"node1": {"ready": True}, "node2": {"ready": False, "why": "its plugin is not installed"}}
    assert unready(["node1"], records) == []
    assert unready(["node3", "node2", "node1"], records) == [
        "Weave on node2 is not ready (its plugin is not installed)",
        "node3 has no Weave",
    ]


def test_trusted_subnets_are_not_encrypted_whatever_the_password() -> None:
    plain = {"Address": "10.0.0.2:6783", "State": "established", "Info": "unencrypted", "Attrs": {"name": "sleeve"}}
    assert not read(report(Connections=[plain])).encrypted


@pytest.mark.parametrize(
    ("openvswitch", "bridge", "datapath", "found"),
    [
        (True, False, False, True),
        (False, False, False, False),
        # As the bridge that is there was made.
        (True, True, False, False),
        (True, True, True, True),
        (False, True, False, False),
    ],
)
def test_a_router_starts_again_as_it_did_before(openvswitch: bool, bridge: bool, datapath: bool, found: bool) -> None:
    assert fast(openvswitch, bridge, datapath) == found
    arguments = settings("node1", "10.31.255.0/24", 0, [], "", found)["EXTRA_ARGS"]
    assert ("--no-fastdp" in arguments) != found


READY, NOT, STOPPED = {"ready": True}, {"ready": False}, {"ready": False, "stopped": True}


@pytest.mark.parametrize(
    ("records", "open_gates", "seconds", "changes"),
    [
        pytest.param({"a": READY, "b": READY}, "ab", 99, {}, id="all is well"),
        pytest.param({"a": READY, "b": NOT}, "ab", GRACE - 1, {}, id="for a moment"),
        pytest.param({"a": READY, "b": NOT}, "ab", GRACE, {"b": False}, id="for a while"),
        pytest.param({"a": READY}, "ab", GRACE, {"b": False}, id="has no Weave"),
        pytest.param({"a": READY, "b": STOPPED}, "ab", GRACE, {}, id="is being changed"),
        pytest.param({"a": READY, "b": STOPPED}, "ab", GRACE_STOPPED, {"b": False}, id="was stopped"),
        pytest.param({"a": READY, "b": NOT}, "a", 99, {}, id="closed already"),
        pytest.param({"a": READY, "b": READY}, "a", 0, {"b": True}, id="ready again, at once"),
        pytest.param({"a": NOT, "b": NOT}, "ab", 99, {}, id="never all of them"),
    ],
)
def test_gates(records: dict[str, Any], open_gates: str, seconds: float, changes: dict[str, bool]) -> None:
    nodes = [Gate(f"id-{name}", name, name in open_gates) for name in "ab"]
    found = gates(nodes, records, {name: seconds for name in "ab" if not records.get(name, NOT)["ready"]})
    assert {gate.name: gate.open for gate in found} == changes
    assert all(gate.id == f"id-{gate.name}" for gate in found)
