"""A node's traces in Swarm, Consul and Serf: found, and taken away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..core import names
from ..core.members import ALIVE, CONSUL_STATUSES, LEAVING
from ..core.removal import Step, Traces, keys_about
from ..core.swarm import NodeChange, called, named
from .consul import Consul, Op
from .elections import members, patiently
from .serf import Serf
from .swarm import Swarm

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Cluster:
    """The parts of a cluster that know its nodes."""

    swarm: Swarm
    consul: Consul
    serf: Serf

    def traces(self, node: str, address: str) -> Traces:
        """What everybody knows of a node now."""
        own = tuple(named(members(self.swarm), node, address))
        consul, serf = self.consul.members(), self.serf.members()
        # Swarm, Consul and Serf call a node by its host name. The gossip knows it also where Swarm does not any more.
        hosts = [(str(one["Name"]), str(one["Addr"])) for one in consul] + [(one.name, one.address) for one in serf]
        name = own[0].hostname if own else called(hosts, node, address) or node
        in_consul = {str(one["Name"]): CONSUL_STATUSES.get(one["Status"], "unknown") for one in consul}
        in_serf = {one.name: one.status for one in serf}
        prefixes = (names.DEPLOYMENTS_PREFIX, names.NODES_PREFIX, names.PULLS_PREFIX, names.WEAVE_PREFIX)
        entries = {key: entry for prefix in prefixes for key, entry in self.consul.list(prefix).items()}
        about = keys_about(name, {key: entry.value for key, entry in entries.items()})
        return Traces(
            name=name,
            swarm=own,
            consul=in_consul.get(name, ""),
            catalog=name in self.consul.nodes(),
            voter=next((raft_id for raft_id, node in self.consul.voters().items() if node == name), ""),
            serf=in_serf.get(name, ""),
            keys={key: entries[key].index for key in about},
        )

    def take_away(self, step: Step, traces: Traces) -> None:
        """Take one thing away; what is gone by itself meanwhile is fine."""
        patiently(lambda: self._take_away(step, traces))

    def _take_away(self, step: Step, traces: Traces) -> None:
        if step.part == "swarm":
            self.swarm.apply(NodeChange("remove", step.what, traces.name, {}, {}))
        elif step.part == "raft" and step.what in self.consul.voters():
            self.consul.remove_voter(step.what)
        elif step.part == "consul":
            self.consul.force_leave(step.what)
        elif step.part == "catalog" and step.what in self.consul.nodes():
            self.consul.deregister_external(step.what)
        elif step.part == "serf":
            self.serf.force_leave(step.what, prune=True)
        elif step.part == "key":
            # Whoever has taken a lease over meanwhile keeps it.
            self.consul.commit([Op("delete", step.what, traces.keys[step.what])])

    def settled(self, node: str, address: str, seconds: float) -> Traces:
        """A node's traces once those that are known to be leaving have left."""
        return self._once(lambda found: not {found.consul, found.serf} & {ALIVE, LEAVING}, node, address, seconds)

    def silent(self, node: str, address: str, seconds: float) -> Traces:
        """A node's traces once nobody hears it any more."""
        return self._once(lambda found: not found.heard, node, address, seconds)

    def _once(self, so: Callable[[Traces], bool], node: str, address: str, seconds: float) -> Traces:
        deadline = time.monotonic() + seconds
        while True:
            found = patiently(lambda: self.traces(node, address))
            if so(found) or time.monotonic() > deadline:
                return found
            time.sleep(_POLL_SECONDS)
