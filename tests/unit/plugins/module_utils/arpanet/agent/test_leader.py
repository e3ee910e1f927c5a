from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.leader import Leader
from fakes.node import FakeContainers, FakeNodeConsul


@pytest.fixture
def consul() -> FakeNodeConsul:
    consul = FakeNodeConsul()
    consul.alive = {"node1": True, "node2": True}
    for number, node in ((1, "node1"), (2, "node2")):
        consul.put(f"arpanet/deployments/abc/leases/10.32.0.{number}", {"node": node, "container": f"c{number}"})
    return consul


def leader(consul: FakeNodeConsul, containers: FakeContainers | None = None, node: str = "node1") -> Leader:
    return Leader(consul, containers or FakeContainers(), lambda: node, 30)


def leases(consul: FakeNodeConsul) -> list[str]:
    return sorted(key.rsplit("/", 1)[-1] for key in consul.entries)


@pytest.mark.parametrize("nodes", [{"node1": True, "node2": False}, {"node1": True}])
def test_a_dead_nodes_leases_go_at_the_second_look(consul: FakeNodeConsul, nodes: dict[str, bool]) -> None:
    one = leader(consul)
    consul.alive = nodes
    assert one.look() == []
    assert [str(step) for step in one.look()] == ["release 10.32.0.2 of None on None"]
    assert leases(consul) == ["10.32.0.1"]
    assert one.look() == []


def test_a_node_that_was_away_for_a_moment_keeps_its_leases(consul: FakeNodeConsul) -> None:
    one = leader(consul)
    for alive in (False, True, False):
        consul.alive["node2"] = alive
        assert one.look() == []
    assert leases(consul) == ["10.32.0.1", "10.32.0.2"]


def test_one_leads(consul: FakeNodeConsul) -> None:
    first, second = leader(consul), leader(consul, node="node2")
    consul.alive["node2"] = False
    for _ in range(3):
        first.look()
        assert second.look() == []
    assert leases(consul) == ["10.32.0.1"]


def test_the_next_one_leads_when_the_first_one_is_gone(consul: FakeNodeConsul) -> None:
    first, second = leader(consul), leader(consul, node="node2")
    first.look()
    second.look()
    consul.alive["node1"] = False
    consul.holder = ""  # its session ended
    second.look()
    second.look()
    assert leases(consul) == ["10.32.0.2"]


def test_a_session_that_ended_is_opened_again(consul: FakeNodeConsul) -> None:
    one = leader(consul)
    one.look()
    consul.sessions.clear()
    consul.holder = ""
    consul.alive["node2"] = False
    one.look()
    assert len(one.look()) == 1


def test_a_worker_never_leads(consul: FakeNodeConsul) -> None:
    containers = FakeContainers()
    containers.manager = False
    consul.alive["node2"] = False
    one = leader(consul, containers)
    assert [one.look() for _ in range(3)] == [[], [], []]
    assert consul.sessions == set()


def test_a_new_leader_makes_up_its_own_mind(consul: FakeNodeConsul) -> None:
    containers = FakeContainers()
    one = leader(consul, containers)
    consul.alive["node2"] = False
    one.look()
    containers.manager = False
    one.look()
    containers.manager = True
    assert one.look() == []


def test_at_once_when_the_gossip_says_so_too(consul: FakeNodeConsul) -> None:
    failed: list[str] = ["node2"]
    one = Leader(consul, FakeContainers(), lambda: "node1", 30, lambda: failed)
    # Serf is sometimes the first to find out.
    assert one.look(whole=False) == []
    consul.alive["node2"] = False
    assert [str(step) for step in one.look(whole=False)] == ["release 10.32.0.2 of None on None"]


def test_looks_in_between_are_no_second_opinion(consul: FakeNodeConsul) -> None:
    one = leader(consul)
    one.look()
    consul.alive["node2"] = False
    for _ in range(5):
        assert one.look(whole=False) == []
    assert one.look() == []
    assert len(one.look()) == 1
