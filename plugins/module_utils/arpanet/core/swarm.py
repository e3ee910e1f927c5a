"""Who is in the swarm and what has to happen to whom: pure decisions.

A node is looked at through its own engine (`Local`), the whole swarm through a manager
(`Member`). A node that is in another swarm is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .quorum import Count

INACTIVE, PENDING, ACTIVE, ERROR, LOCKED = "inactive", "pending", "active", "error", "locked"


# A manager's private key, below the engine's directory of its swarm.
NODE_KEY = "certificates/swarm-node.key"


class Refused(Exception):
    """The node or the swarm is in a state that must not be mended by itself; says what to do."""


@dataclass(frozen=True)
class Local:
    """A node as its own engine sees it. Only a manager whose swarm has a leader knows the id of the swarm."""

    state: str
    node_id: str = ""
    cluster_id: str = ""
    manager: bool = False
    error: str = ""


def autolock(node_key: str) -> bool:
    """Whether the swarm has autolock, by a manager's private key as its engine keeps it on the disk.

    No engine begins such a swarm anew: it forgets the unlock key when it is told to, and is in no swarm then (seen on
    26.1, with a manager that had been unlocked).
    """
    return "ENCRYPTED PRIVATE KEY" in node_key


@dataclass(frozen=True)
class Settings:
    """What a swarm has for all its nodes: whether a manager's engine has to be unlocked after each start, and how
    long a node's certificate is good."""

    autolock: bool = False
    certificate_days: int = 90

    def changed(self, autolock: bool | None, certificate_days: int | None) -> Settings:
        """With those that are given."""
        return Settings(self.autolock if autolock is None else autolock, certificate_days or self.certificate_days)


@dataclass(frozen=True)
class Goal:
    """What a node should become. ``managers`` are the addresses to join at; none means that
    this node is the first one. ``members`` are the ids of the nodes of the swarm."""

    managers: tuple[str, ...] = ()
    cluster_id: str = ""
    members: frozenset[str] = frozenset()


def membership(local: Local, goal: Goal) -> str:
    """`nothing`, `init`, `join` or `rejoin` (leave first, then join)."""
    if local.state == LOCKED:
        raise Refused("its swarm is locked after a restart; unlock it with `docker swarm unlock`, or site.yml")
    if local.state == ACTIVE:
        if foreign(local, goal):
            raise Refused(
                f"it is in another swarm ({local.cluster_id or 'as node ' + local.node_id}); "
                "take it out with `docker swarm leave --force` or out of the inventory"
            )
        return "nothing"
    if not goal.managers:
        if local.state == INACTIVE:
            return "init"
        raise Refused(
            f"its swarm is in state {local.state} ({local.error or 'no reason given'}) and there is no "
            "working manager to join again; mend that swarm first"
        )
    return "join" if local.state == INACTIVE else "rejoin"


def foreign(local: Local, goal: Goal) -> bool:
    """Is an active node in a swarm that is not the one of the goal?"""
    if local.manager:
        return bool(goal.cluster_id and local.cluster_id) and local.cluster_id != goal.cluster_id
    if not goal.members:
        return not goal.managers and bool(local.node_id)
    return local.node_id not in goal.members


@dataclass(frozen=True)
class Member:
    """A node of the swarm as a manager sees it. The address is the one that its peers use. A manager that others
    went on without is one by name alone, and not `in_raft`."""

    id: str
    hostname: str
    role: str
    availability: str = "active"
    state: str = "ready"
    in_raft: bool = False
    reachable: bool = False
    leader: bool = False
    address: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def called(hosts: Iterable[tuple[str, str]], name: str, address: str = "") -> str:
    """What a host is called among these, each with its address: by the name itself, else by the address, else where
    one of both names is the other's first label alone. Empty when it is none of them.

    :raises Refused: it may be more than one, or one whose address is another.
    """
    known = set(hosts)
    found = {host for host, _ in known if host == name} or {host for host, its in known if address and its == address}
    alike = {host for host, _ in known if name == host.partition(".")[0] or host == name.partition(".")[0]}
    elsewhere = [its for host, its in known if host in alike and its and address]
    if not found and len(alike) == 1 and elsewhere:
        raise Refused(
            f"{name} is at {address}, and {alike.pop()}, which may be the same host, at {elsewhere[0]}: call it so in "
            f"the inventory if it is; if not, the cluster does not know {name}"
        )
    found = found or alike
    if len(found) > 1:
        raise Refused(
            f"{name} may be {' or '.join(sorted(found))}: say which, by that name; leave.yml takes out one that is gone"
        )
    return found.pop() if found else ""


def named(members: Iterable[Member], name: str, address: str = "") -> list[Member]:
    """The entries of a host, which is told as `called` says. One that was reset and has joined again has a dead entry
    more.

    :raises Refused: it may be more than one host.
    """
    known = list(members)
    hostname = called(((member.hostname, member.address) for member in known), name, address)
    return [member for member in known if hostname and member.hostname == hostname]


def alive(members: Iterable[Member], name: str, address: str = "") -> Member:
    """A host's entry in the swarm, and not one left from before it was reset."""
    known = list(members)
    found = sorted(named(known, name, address), key=lambda member: member.state != "ready")
    if not found:
        others = ", ".join(sorted(member.hostname for member in known))
        raise Refused(f"the swarm has no node {name}; it has {others}")
    return found[0]


@dataclass(frozen=True)
class Declared:
    """A node of the inventory. An empty availability is left as it is, so are other labels."""

    hostname: str
    id: str
    role: str
    availability: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def declared(node: Mapping[str, Any]) -> Declared:
    """A node as the module `swarm_nodes` takes it."""
    labels = {key: str(value) for key, value in (node.get("labels") or {}).items()}
    return Declared(node["name"], node["id"], node["role"], node.get("availability") or "", labels)


def as_declared(members: Iterable[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the swarm, as `node_facts` found it on a manager, has nothing to change about these nodes."""
    try:
        return not node_changes([Member(**member) for member in members], map(declared, nodes))
    except Refused:
        return False


@dataclass(frozen=True)
class NodeChange:
    """One step: `update` sets role, availability and labels; `remove` deletes a dead entry."""

    verb: str
    id: str
    hostname: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def node_changes(members: Iterable[Member], declared: Iterable[Declared], force: bool = False) -> list[NodeChange]:
    """Promotions and labels first, then demotions, then dead entries of nodes that came back.

    A demotion that would leave the swarm without a majority of managers is refused, unless `force`.
    """
    known = list(members)
    by_id = {member.id: member for member in known}
    updates: list[NodeChange] = []
    demotions: list[NodeChange] = []
    removals: list[NodeChange] = []
    for node in declared:
        member = by_id.get(node.id)
        if member is None:
            raise Refused(f"{node.hostname} (node {node.id}) is not in this swarm")
        change = _update(member, node)
        if change is not None:
            (demotions if change.after.get("role") == "worker" else updates).append(change)
        for old in known:
            # The same host under an older id: it was reset and has joined again.
            if old.hostname == member.hostname and old.id != member.id and old.state == "down":
                entry = {"node": old.id, "role": old.role}
                removals.append(NodeChange("remove", old.id, old.hostname, entry, {}))
    if not force:
        _keep_majority(known, demotions)
    return updates + demotions + removals


def _update(member: Member, node: Declared) -> NodeChange | None:
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    if member.role != node.role:
        before["role"], after["role"] = member.role, node.role
    if node.availability and member.availability != node.availability:
        before["availability"], after["availability"] = member.availability, node.availability
    missing = {k: v for k, v in node.labels.items() if member.labels.get(k) != v}
    if missing:
        before["labels"] = {k: member.labels[k] for k in missing if k in member.labels}
        after["labels"] = missing
    if not after:
        return None
    return NodeChange("update", member.id, member.hostname, before, after)


def _keep_majority(members: list[Member], demotions: list[NodeChange]) -> None:
    if not demotions:
        return
    leaving = {change.id for change in demotions}
    left = [m for m in members if m.in_raft and m.id not in leaving]
    count = Count(sum(m.reachable for m in left), len(left))
    if not count.ok:
        names = ", ".join(sorted(change.hostname for change in demotions))
        raise Refused(
            f"demoting {names} would leave {count.alive} of {count.total} managers reachable, "
            f"and {count.needed} are needed"
        )
