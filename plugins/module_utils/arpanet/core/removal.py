"""What the cluster still knows of a node that has left or is lost, and what takes each of it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import names
from .leases import is_lease
from .members import ALIVE
from .swarm import Member


@dataclass(frozen=True)
class Traces:
    """A node as each part knows it; empty where it does not.

    `consul` and `serf` are states of a member. `voter` is its id in Consul's raft, `keys` are Consul's
    keys that are about the node alone, with their indices.
    """

    name: str
    swarm: tuple[Member, ...] = ()
    consul: str = ""
    catalog: bool = False
    voter: str = ""
    serf: str = ""
    keys: Mapping[str, int] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return bool(self.swarm or self.consul or self.catalog or self.voter or self.serf or self.keys)

    @property
    def ready(self) -> bool:
        """Whether Swarm hears the node."""
        return any(member.state == "ready" for member in self.swarm)

    @property
    def heard(self) -> tuple[str, ...]:
        """Who hears the node."""
        hears = {"Swarm": self.ready, "Consul": self.consul == ALIVE, "Serf": self.serf == ALIVE}
        return tuple(part for part in hears if hears[part])

    @property
    def manager(self) -> bool:
        return any(member.role == "manager" for member in self.swarm)


@dataclass(frozen=True)
class Step:
    """One thing to take away: `part` is swarm, consul, catalog, raft, serf or key; `what` its id there."""

    part: str
    what: str
    shown: str


def steps(traces: Traces) -> list[Step]:
    """What takes the node away, in order. A server leaves its raft before its gossip forgets it. Swarm's entry is the
    last: where the inventory has another name for the node, it tells the next run which one the rest is about."""
    found: list[Step] = []
    if traces.voter:
        found.append(Step("raft", traces.voter, f"server {traces.name} of Consul's raft"))
    if traces.consul:
        found.append(Step("consul", traces.name, f"member {traces.name} of Consul ({traces.consul})"))
    if traces.catalog:
        found.append(Step("catalog", traces.name, f"node {traces.name} of Consul's catalog"))
    if traces.serf:
        found.append(Step("serf", traces.name, f"member {traces.name} of Serf ({traces.serf})"))
    found += [Step("key", key, f"key {key}") for key in sorted(traces.keys)]
    found += [
        Step("swarm", one.id, f"node {traces.name} of the swarm ({one.role}, {one.state})") for one in traces.swarm
    ]
    return found


def keys_about(node: str, entries: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Which of Consul's keys (with their values) are about a node alone: what its agent says, and leases."""
    return [
        key
        for key, value in entries.items()
        if key in (names.node_key(node), names.pulls_key(node), names.weave_key(node))
        or (is_lease(key) and value.get("node") == node)
    ]
