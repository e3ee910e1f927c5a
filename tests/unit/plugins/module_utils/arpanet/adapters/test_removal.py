"""By which name Swarm, Consul and Serf are asked for a node that the inventory calls otherwise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.removal import Cluster
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member as Heard
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.removal import steps
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member, NodeChange, Refused


class Everybody:
    """All that remembers the node `alpha`, at 10.0.0.4; what is taken away is gone."""

    def __init__(self) -> None:
        self.nodes = [Member("n4", "alpha", "worker", state="down", address="10.0.0.4")]
        self.consul_members = {"alpha": "10.0.0.4"}
        self.serf_members = [Heard("alpha", "10.0.0.4", status="failed")]
        self.entries = {"arpanet/nodes/alpha": SimpleNamespace(value={}, index=7)}

    def cluster(self) -> Cluster:
        swarm = SimpleNamespace(members=lambda: [*self.nodes], apply=self._apply)
        consul = SimpleNamespace(
            members=lambda: [{"Name": one, "Addr": at, "Status": 4} for one, at in self.consul_members.items()],
            nodes=dict,
            voters=dict,
            list=lambda prefix: {key: entry for key, entry in self.entries.items() if key.startswith(prefix)},
            force_leave=self.consul_members.pop,
            commit=lambda ops: [self.entries.pop(op.key) for op in ops],
        )
        serf: Any = SimpleNamespace(members=lambda: [*self.serf_members], force_leave=self._prune)
        return Cluster(swarm, consul, serf)

    def _apply(self, change: NodeChange) -> None:
        self.nodes = [node for node in self.nodes if node.id != change.id]

    def _prune(self, name: str, prune: bool) -> None:
        assert prune
        self.serf_members = [one for one in self.serf_members if one.name != name]


@pytest.fixture
def everybody() -> Everybody:
    return Everybody()


@pytest.mark.parametrize("done", range(5))
def test_a_removal_that_was_cut_off_goes_on(everybody: Everybody, done: int) -> None:
    cluster = everybody.cluster()
    traces = cluster.traces("fourth", "10.0.0.4")
    for step in steps(traces)[:done]:
        cluster.take_away(step, traces)
    left = cluster.traces("fourth", "10.0.0.4")
    assert len(steps(left)) == 4 - done
    for step in steps(left):
        cluster.take_away(step, left)
    assert not (everybody.nodes or everybody.consul_members or everybody.serf_members or everybody.entries)


@pytest.mark.parametrize("forgotten", ["consul_members", "serf_members"])
def test_the_gossip_tells_the_name_of_whom_swarm_has_forgotten(everybody: Everybody, forgotten: str) -> None:
    everybody.nodes.clear()
    getattr(everybody, forgotten).clear()
    cluster = everybody.cluster()
    traces = cluster.traces("fourth", "10.0.0.4")
    assert (traces.name, [*traces.keys]) == ("alpha", ["arpanet/nodes/alpha"])
    assert not cluster.traces("fourth", "10.0.0.5").known


def test_two_of_one_address_are_not_taken_for_each_other(everybody: Everybody) -> None:
    everybody.nodes.clear()
    everybody.consul_members["beta"] = "10.0.0.4"
    with pytest.raises(Refused, match="fourth may be alpha or beta"):
        everybody.cluster().traces("fourth", "10.0.0.4")
    assert everybody.cluster().traces("beta", "10.0.0.4").name == "beta"
