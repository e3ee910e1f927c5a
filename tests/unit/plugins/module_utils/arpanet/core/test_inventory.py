"""Members as hosts."""

from __future__ import annotations

import json

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.inventory import (
    Host,
    NoMembers,
    hosts,
    members,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member

TAGS = {
    "role": "manager", "swarm": "ready", "availability": "drain", "node": "n1", "cluster": "c1",
    "address": "10.0.0.1", "label.disk": "ssd", "rack": "7",
}  # fmt: skip


def test_a_host_and_its_groups() -> None:
    assert hosts([Member("node1", "192.0.2.1", tags=TAGS)]) == [
        Host(
            "node1",
            {
                "ansible_host": "192.0.2.1",
                "arpanet_address": "10.0.0.1",
                "arpanet_status": "alive",
                "arpanet_role": "manager",
                "arpanet_swarm": "ready",
                "arpanet_availability": "drain",
                "arpanet_labels": {"disk": "ssd"},
                "arpanet_tags": TAGS,
            },
            ("managers", "serf_alive", "swarm_ready", "availability_drain", "label_disk_ssd", "tag_rack_7"),
        )
    ]


def test_one_whose_agent_has_said_nothing_yet() -> None:
    (found,) = hosts([Member("node1", "192.0.2.1")])
    assert found.groups == ("serf_alive",)
    assert (found.variables["arpanet_address"], found.variables["arpanet_role"]) == ("192.0.2.1", "")


def test_a_tag_is_no_address_because_it_says_so() -> None:
    (found,) = hosts([Member("node1", "192.0.2.1", tags={"address": "192.0.2.9; rm -rf /"})])
    assert found.variables["arpanet_address"] == "192.0.2.1"


def test_only_the_living_unless_others_are_asked_for() -> None:
    found = [Member(name, "192.0.2.1", status=name) for name in ("left", "failed", "alive", "leaving")]
    assert [one.name for one in hosts(found)] == ["alive"]
    assert [one.name for one in hosts(found, ["alive", "failed"])] == ["alive", "failed"]


@pytest.mark.parametrize(
    "member", [Member("node1", "192.0.2.1", 7947, "failed", {"a": "b"}), Member("n", "2001:db8::1")]
)
def test_what_serf_prints_is_read(member: Member) -> None:
    assert members(json.dumps({"members": [member.as_json()]})) == [member]


def test_a_cluster_of_nobody() -> None:
    assert members('{"members": null}') == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "Error connecting", '{"members": [1]}', '{"members": [{"name": "a"}]}',
     '{"members": [{"name": "a", "addr": "-oProxyCommand=x:1", "status": "alive"}]}'],
)  # fmt: skip
def test_what_is_no_list_of_members(text: str) -> None:
    with pytest.raises(NoMembers, match="is no list of members"):
        members(text)
