from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.preflight import (
    FilterModule,
    peer_address,
    peer_addresses,
    setting_problems,
    swarm_nodes,
)


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"arpanet_address": "10.0.0.1", "ansible_host": "1.1.1.1"}, "10.0.0.1"),
        ({"ansible_facts": {"arpanet_node": {"address": "10.0.0.2"}}, "ansible_host": "1.1.1.1"}, "10.0.0.2"),
        # A host that is down.
        ({"ansible_host": "10.0.0.3"}, "10.0.0.3"),
        ({"ansible_host": "node.example.net"}, ""),
        ({}, ""),
    ],
)
def test_peer_address(variables: dict[str, Any], address: str) -> None:
    assert peer_address(variables) == address


def test_who_is_down_is_still_a_peer_where_the_swarm_knows_its_address() -> None:
    members = [
        {"id": f"n{number}", "hostname": name, "role": "manager", "address": f"10.0.0.{number}"}
        for number, name in enumerate(["m1.example.net", "m2", "m3"], start=1)
    ]
    nodes: dict[str, Any] = {
        "m2": {"address": "10.9.9.2", "swarm": {"nodes": members}},
        "m1": {},
        "m3": {},
        "new": {},
    }
    variables = {name: {"ansible_facts": {"arpanet_node": facts}} for name, facts in nodes.items()}
    variables["m3"]["ansible_host"] = "m3.example.net"
    assert peer_addresses(["m3", "m2", "m1", "new"], variables, nodes) == ["10.0.0.1", "10.0.0.3", "10.9.9.2"]
    # What the inventory says comes first.
    variables["m3"]["arpanet_address"] = "10.8.8.3"
    assert peer_addresses(["m3"], variables, nodes) == ["10.8.8.3"]
    # Who may be two is nobody's peer.
    members.append(members[0] | {"id": "n4", "hostname": "m1.example.org", "address": "10.0.0.4"})
    assert peer_addresses(["m1"], variables, nodes) == []


def host(node_id: str = "", **rest: Any) -> dict[str, Any]:
    return {"ansible_facts": {"arpanet_node": {"swarm": {"node_id": node_id}}}, **rest}


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([{}, {}], []),
        ([{"argument_errors": ["a is no number"]}] * 2, ["a is no number"]),
        ([{}, {"argument_errors": ["a is no number"]}], ["h1: a is no number"]),
        (
            [{"argument_errors": ["a is no number", "b is no list"]}, {"argument_errors": ["b is no list"]}],
            ["h0: a is no number", "b is no list"],
        ),
    ],
)
def test_a_wrong_setting_is_told_once_and_with_its_hosts(errors: list[dict[str, Any]], said: list[str]) -> None:
    variables = {f"h{number}": {"__node_arguments": found} for number, found in enumerate(errors)}
    assert setting_problems(variables, list(variables)) == said
    # One whose settings were not checked says nothing.
    assert setting_problems({**variables, "down": {}}, [*variables, "down"]) == [
        text if text.startswith("h") else f"{', '.join(variables)}: {text}" for text in said
    ]


def test_swarm_nodes() -> None:
    variables = {
        "old": host("n1", swarm_labels={"disk": "ssd"}, swarm_availability="drain"),
        "new": host("", __swarm_joined={"node_id": "n2"}),
        "again": host("stale", __swarm_joined={"node_id": "n3"}, __swarm_started={"skipped": True}),
        "bare": host(),
    }
    assert swarm_nodes(variables, list(variables), ["old"]) == [
        {"name": "old", "id": "n1", "role": "manager", "labels": {"disk": "ssd"}, "availability": "drain"},
        {"name": "new", "id": "n2", "role": "worker", "labels": {}},
        {"name": "again", "id": "n3", "role": "worker", "labels": {}},
    ]


def test_names() -> None:
    assert all(callable(function) for function in FilterModule().filters().values())
