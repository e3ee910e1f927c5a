"""What Consul and Swarm keep, read from their keys and lists."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
        "Labels": {"arpanet.deployment": "abc", "arpanet.service": "db"},
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
    services = {"abc_db": {"Spec": db}}
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


@pytest.mark.parametrize(
    ("labels", "keys", "told"),
    [
        pytest.param({"arpanet.service": "web"}, {}, True, id="a service of it"),
        pytest.param({}, {}, False, id="a service with half of the labels"),
        pytest.param({}, {"arpanet/deployments/xyz": b"{}"}, True, id="it is recorded"),
        pytest.param(None, {}, True, id="no service"),
    ],
)
def test_what_only_services_of_nobodys_belong_to_is_nobodys(
    labels: dict[str, str] | None, keys: dict[str, bytes], told: bool
) -> None:
    spec = {"Labels": {"arpanet.deployment": "xyz", **(labels or {})}, "TaskTemplate": {}}
    services = {} if labels is None else {"xyz_web": {"Spec": spec}}
    secret = {"ID": "s", "Spec": {"Name": "xyz_key", "Labels": {"arpanet.deployment": "xyz"}}}
    assert bool(ledger.read(keys, {"secret": [secret]}, services).things) is told


def test_moves_that_a_service_was_changed_for() -> None:
    def spec(service: str) -> dict[str, Any]:
        labels = {"arpanet.deployment": "abc", "arpanet.service": service}
        return {"Labels": labels, "TaskTemplate": {"ContainerSpec": {}}}

    moved = {"Spec": moved_off(spec("web"), "n1", 1)}
    services = {"abc_web": moved, "abc_db": {"Spec": spec("db")}, "somebodys_web": moved}
    assert ledger.read({}, {}, services).moves == {"abc_web": {"deployment": "abc", "node": "n1"}}


def test_names_of_every_network() -> None:
    deployments = [{"id": "abc", "networks": {"default": "", "back": ""}, "services": [{"name": "web_1"}]}]
    assert ledger.dns_names(deployments) == ["web-1.abc", "web-1.abc--back"]
