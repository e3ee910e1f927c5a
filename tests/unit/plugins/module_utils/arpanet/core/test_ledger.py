"""What Consul and Swarm keep, read from their keys and lists."""

from __future__ import annotations

import json

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import ledger
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.surge import moved_off

KEYS = {
    "arpanet/deployments/abc": {"deployment": "abc", "networks": {"default": "10.32.0.0/26"}},
    "arpanet/deployments/abc/leases/10.32.0.5": {"instance": "1.web.abc", "node": "node1"},
    "arpanet/deployments/abc/revisions/1": {"revision": 1},
    "arpanet/locks/xyz": {"holder": "me"},
    "arpanet/nodes/node1": {"node": "node1", "networks": {}},
    "arpanet/subnets/owners/abc/default": {"subnet": "10.32.0.0/26", "pool": "default"},
    "arpanet/pools/default": {"cidr": "10.32.0.0/12"},
    "arpanet/subnets/blocks/10.32.0.0-21": {"10.32.0.0/26": "abc/default"},
    "arpanet/volumes/abc": {"data": "node1"},
    "arpanet/leader": {"node": "node1"},
}


def network(name: str, id: str) -> dict[str, object]:
    return {
        "Name": name,
        "Id": id,
        "Labels": {"arpanet.deployment": "abc"},
        "IPAM": {"Config": [{"Subnet": "10.0.0.0/8"}]},
    }


def test_everything_in_its_place() -> None:
    db = {
        "Labels": {"arpanet.deployment": "abc"},
        "Mode": {"Replicated": {}},
        "TaskTemplate": {
            "ContainerSpec": {"Mounts": [{"Type": "volume", "Source": "abc_data"}]},
            "Placement": {"Constraints": ["node.hostname==node2"]},
            "Networks": [{"Target": "n1"}],
        },
    }
    things = {
        "network": [network("abc_default", "n1"), network("abc_old", "n2")],
        "secret": [{"ID": "s", "Spec": {"Name": "abc_key", "Labels": {"arpanet.deployment": "abc"}}}],
    }
    services = {"abc_web": {"Spec": db}}
    read = ledger.read({key: json.dumps(value).encode() for key, value in KEYS.items()}, things, services)
    assert (read.deployments, read.locked) == (["abc"], ["xyz"])
    assert [*read.leases] == ["arpanet/deployments/abc/leases/10.32.0.5"]
    assert read.owners == {"abc/default": "10.32.0.0/26"}
    assert (read.recorded, read.pools) == (read.owners, {"default": "10.32.0.0/12"})
    assert read.blocks == {"10.32.0.0/26": "abc/default"}
    assert (read.volumes, [*read.nodes]) == ({"abc": {"data": "node1"}}, ["node1"])
    assert read.pins == {"abc": {"data": "node2"}}
    assert [(one["kind"], one["name"], one["used"]) for one in read.things] == [
        ("network", "abc_default", True),
        ("network", "abc_old", False),
        ("secret", "abc_key", True),
    ]
    assert ledger.Ledger(**read.as_data()) == read


def test_moves_that_a_service_was_changed_for() -> None:
    web = {"Labels": {"arpanet.deployment": "abc"}, "TaskTemplate": {"ContainerSpec": {}}}
    services = {"abc_web": {"Spec": moved_off(web, "n1", 1)}, "abc_db": {"Spec": web}}
    assert ledger.read({}, {}, services).moves == {"abc_web": {"deployment": "abc", "node": "n1"}}


def test_names_of_every_network() -> None:
    deployments = [{"id": "abc", "networks": {"default": "", "back": ""}, "services": [{"name": "web_1"}]}]
    assert ledger.dns_names(deployments) == ["web-1.abc", "web-1.abc--back"]
