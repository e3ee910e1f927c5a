"""The tables of a recorded cluster, and the same for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import status
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status_text import as_data, as_text
from fakes import cluster


def text(parts: dict[str, Any]) -> list[str]:
    return as_text(status(cluster.seen(parts))).splitlines()


def row(parts: dict[str, Any], first: str) -> list[str]:
    return next(line.split() for line in text(parts) if line.startswith(f"{first} "))


def test_a_healthy_cluster_says_so_first() -> None:
    lines = text(cluster.recorded())
    assert lines[0] == "3 nodes, 1 deployment, no problems (asked node1)"
    assert row(cluster.recorded(), "node2") == [
        *("node2", "manager", "(leader)", "active", "ready", "alive", "server", "alive", "(leader)"),
        *("192.0.2.12", "26.1.5+dfsg1"),
    ]
    assert row(cluster.recorded(), "abc") == ["abc", "shop", "overlay", "1", "8/8", "8", "default", "10.41.240.0/25"]
    assert row(cluster.recorded(), "pricing") == ["pricing", "3/3", "3"]


def test_instances_are_nested_below_their_service() -> None:
    lines = text(cluster.recorded())
    at = next(index for index, line in enumerate(lines) if line.startswith("cache"))
    assert lines[at + 1].startswith("  1.cache.abc  ")
    assert [len(word) for word in lines[at + 1].split()][-1] == 12


def test_problems_come_before_tables() -> None:
    parts = cluster.recorded()
    cluster.fail_consul(parts, "node3")
    lines = text(parts)
    assert lines[0] == "3 nodes, 1 deployment, 1 PROBLEM (asked node1)"
    assert lines[1].startswith("  node3 is only partly there")
    assert [line.partition(":")[0] for line in lines[2:4]] == ["    cause", "    mend"]
    assert lines[5].startswith("NODE ")


def test_what_nobody_can_tell_is_a_question_mark() -> None:
    parts = cluster.recorded() | {"serf": []}
    parts["errors"]["serf"] = "not installed"
    cluster.lose_swarm(parts)
    assert row(parts, "node2") == ["node2", "manager", "?", "?", "?", "server", "alive", "(leader)", "192.0.2.12", "?"]
    assert row(parts, "cache") == ["cache", "?/2", "2"]
    assert row(parts, "agent") == ["agent", "?/?", "3"]
    assert row(parts, "abc")[4] == "?/?"


def test_a_node_that_one_part_does_not_know_is_a_dash_there() -> None:
    parts = cluster.recorded()
    parts["members"].append({"Name": "node9", "Addr": "192.0.2.19", "Status": 1, "Tags": {"role": "node"}})
    assert row(parts, "node9") == ["node9", "-", "-", "-", "-", "client", "alive", "192.0.2.19", "?"]


def test_a_cluster_without_deployments_has_one_table() -> None:
    parts = cluster.recorded() | {"services": {}, "tasks": [], "records": {}, "subnets": {}, "registered": {}}
    assert text(parts)[0] == "3 nodes, 0 deployments, no problems (asked node1)"
    assert len(text(parts)) == 2 + 1 + 3


def test_data_is_plain_and_says_whether_all_is_well() -> None:
    parts = cluster.recorded()
    data = as_data(status(cluster.seen(parts)))
    assert json.loads(json.dumps(data))["healthy"] is True
    assert data["problems"] == []
    assert data["deployments"][0]["services"][1]["placements"][0]["instance"] == "1.cache.abc"
    cluster.stop(parts, "node1")
    data = as_data(status(cluster.seen(parts)))
    assert (data["healthy"], len(data["problems"])) == (False, 3)


def on_weave(**said: Any) -> dict[str, Any]:
    well = {
        "ready": True,
        "peer": "ca:fe:00:00:00:01",
        "path": "sleeve",
        "encrypted": True,
        "connections": {"established": 2},
        "fence": "on",
    }
    return {**cluster.recorded(), "weave": {"node1": {**well, **said}}}


def test_weave_has_a_table_where_there_is_one() -> None:
    assert "WEAVE" not in " ".join(text(cluster.recorded()))
    assert text(on_weave())[0].endswith("no problems (asked node1)")
    line = next(line for line in text(on_weave()) if "ca:fe" in line)
    assert line.split() == ["node1", "ready", "ca:fe:00:00:00:01", "sleeve", "encrypted", "2", "established"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"ready": False, "why": "its plugin is not installed"}, "Weave on node1 is not ready"),
        ({"failures": ["10.0.0.3:6783: retrying"]}, "Weave on node1 does not reach all of its peers"),
        ({"fence": "nft refused the rules"}, "Weave's networks are not kept apart on node1"),
        ({"lost": ["ca:fe:00:00:00:09"]}, "ranges that nobody reaches, of ca:fe:00:00:00:09"),
    ],
)
def test_what_is_wrong_with_a_nodes_weave(said: dict[str, Any], found: str) -> None:
    lines = text(on_weave(**said))
    assert "1 PROBLEM" in lines[0]
    assert found in lines[1]
