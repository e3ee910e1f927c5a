from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError, Op
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.keeper import EVERYTHING, Keeper
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.version import VERSION
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.containers import Container
from fakes.node import FakeContainers, FakeNodeConsul, container

ROUTES = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0101D50A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0001D50A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
)
LEASE = "arpanet/deployments/abc/leases/10.32.0.1"


class Node:
    def __init__(self, name: str = "node1") -> None:
        self.consul = FakeNodeConsul()
        self.docker = FakeContainers()
        self.seen: tuple[Container, ...] | None = ()
        self.keeper = Keeper(
            self.consul,
            self.docker,
            seen=lambda: self.seen,
            route_table=lambda: ROUTES,
            address="10.213.1.11",
            node=name,
        )

    def leases(self) -> dict[str, str]:
        """Address to container."""
        return {
            key.rsplit("/", 1)[-1]: entry.value["container"]
            for key, entry in self.consul.entries.items()
            if "/leases/" in key
        }


@pytest.fixture
def node() -> Node:
    return Node()


def test_leases_follow_containers(node: Node) -> None:
    node.seen = (container("c1"), container("c2", "2"))
    node.keeper.look()
    assert node.leases() == {"10.32.0.1": "c1", "10.32.0.2": "c2"}
    assert node.consul.entries[LEASE].value == {
        "deployment": "abc",
        "service": "pricing",
        "instance": "1.pricing.abc",
        "container": "c1",
        "node": "node1",
        "network": "abc_default",
    }
    node.seen = (container("c2", "2"),)
    node.keeper.look(whole=False)
    assert node.leases() == {"10.32.0.2": "c2"}
    assert node.keeper.look() == []


def test_nothing_is_known_before_the_first_look_at_containers(node: Node) -> None:
    node.consul.put(LEASE, {"node": "node1", "container": "c1"})
    node.seen = None
    assert node.keeper.look() == []
    assert node.leases() == {"10.32.0.1": "c1"}


def test_leases_from_before_a_restart_are_found(node: Node) -> None:
    node.consul.put("arpanet/deployments/gone/leases/10.33.0.1", {"node": "node1", "container": "c9"})
    node.consul.put("arpanet/deployments/gone/leases/10.33.0.2", {"node": "node2", "container": "c8"})
    # Also when the first look was a poke.
    node.keeper.look(whole=False)
    assert node.leases() == {"10.33.0.2": "c8"}


def test_a_lease_that_outlived_its_deployments_removal_goes(node: Node) -> None:
    node.seen = (container("c1"),)
    node.keeper.look()
    # `remove` deletes everything below the record while the container is dying; the agent writes
    # the lease once more, and then the container is gone.
    node.consul.delete("arpanet/deployments/abc", recurse=True)
    node.keeper.look(whole=False)
    assert node.leases() == {"10.32.0.1": "c1"}
    node.seen = ()
    node.keeper.look(whole=False)
    assert node.leases() == {}


def test_a_lease_that_another_node_took_over_is_left(node: Node) -> None:
    node.seen = (container("c1"),)
    node.keeper.look()
    node.consul.put(LEASE, {"node": "node2", "container": "c7"})
    node.seen = ()
    node.keeper.look(whole=False)
    assert node.leases() == {"10.32.0.1": "c7"}


def test_a_change_between_reading_and_writing_is_read_again(node: Node) -> None:
    node.seen = (container("c1"),)
    node.keeper.look()
    node.seen = ()

    def takes_over(_ops: list[Op]) -> None:
        node.consul.before_commit = lambda _ops: None
        node.consul.put(LEASE, {"node": "node2", "container": "c7"})

    node.consul.before_commit = takes_over
    node.keeper.look(whole=False)
    assert node.leases() == {"10.32.0.1": "c7"}


def test_a_race_without_end_is_an_error(node: Node) -> None:
    node.seen = (container("c1"),)
    node.consul.before_commit = lambda _ops: node.consul.put(LEASE, {"node": "node2", "container": "c7"})
    with pytest.raises(ConsulError, match="faster"):
        node.keeper.look()


def test_many_leases_are_several_transactions(node: Node) -> None:
    node.seen = tuple(container(f"c{number}", str(number)) for number in range(1, 151))
    node.keeper.look()
    assert len(node.leases()) == 150
    assert [len(steps) for steps in node.consul.commits] == [64, 64, 22]


def test_most_looks_read_only_what_concerns_this_node(node: Node) -> None:
    other = "arpanet/deployments/other/leases/10.40.0.1"
    node.keeper.look()
    node.consul.put(other, {"node": "node1", "container": "c9"})
    node.keeper.look()
    assert "10.40.0.1" in node.leases()
    for _ in range(EVERYTHING):
        node.keeper.look()
    assert node.leases() == {}


def test_the_nodes_record(node: Node) -> None:
    node.docker.network_list = [{"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}}]
    node.keeper.look()
    entry = node.consul.entries["arpanet/nodes/node1"]
    assert entry.value == {
        "node": "node1",
        "address": "10.213.1.11",
        "networks": {"eth0": "10.213.1.0/24", "bridge": "172.17.0.0/16"},
        "agent": VERSION,
    }
    node.keeper.look()
    assert node.consul.entries["arpanet/nodes/node1"].index == entry.index
    node.docker.network_list = []
    node.keeper.look(whole=False)
    assert node.consul.entries["arpanet/nodes/node1"].index == entry.index
    node.keeper.look()
    assert node.consul.entries["arpanet/nodes/node1"].value["networks"] == {"eth0": "10.213.1.0/24"}


def test_a_node_without_a_name_has_its_consul_agents() -> None:
    node = Node(name="")
    node.keeper.look()
    assert "arpanet/nodes/consul-says" in node.consul.entries
