"""A node's tags in Serf: what its own Engine and the swarm's leader say of it.

Serf gives tags 512 bytes, in its own wrapping. What does not fit is left out, labels first, and the
tag `left_out` counts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LIMIT = 512
# Swarm's port, where the engine of a manager listens (and of a worker, once it is promoted).
SWARM_PORT = 2377

LABEL = "label."
LEFT_OUT = "left_out"
# Nobody else may set these.
OWN = frozenset({"role", "node", "swarm", "availability", "engine_port", "cluster", "agent", "address", LEFT_OUT})

# When the Engine does not answer, all but this stays as it was.
_DOWN = "down"
_FROM_ENGINE = ("role", "node", "availability", "engine_port", "cluster")


@dataclass(frozen=True)
class Record:
    """What the swarm says of a node: only managers can see it, so their leader writes it down for all."""

    availability: str = ""
    state: str = ""
    cluster: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it is kept in Consul."""
        return {
            "availability": self.availability,
            "state": self.state,
            "cluster": self.cluster,
            "labels": dict(self.labels),
        }


@dataclass(frozen=True)
class Tags:
    """The tags, and the names of those that did not fit."""

    tags: Mapping[str, str]
    left_out: Sequence[str] = ()


def record(value: Mapping[str, Any]) -> Record:
    """A record as it was kept; whatever is missing is empty."""
    labels = value.get("labels")
    return Record(
        availability=str(value.get("availability") or ""),
        state=str(value.get("state") or ""),
        cluster=str(value.get("cluster") or ""),
        labels={str(name): str(text) for name, text in labels.items()} if isinstance(labels, dict) else {},
    )


def records(nodes: Iterable[Mapping[str, Any]], cluster: str) -> dict[str, Record]:
    """By Swarm's id of a node, from the Engine's list of nodes."""
    return {
        str(node["ID"]): Record(
            availability=str(node["Spec"].get("Availability") or "active"),
            state=str((node.get("Status") or {}).get("State") or "unknown"),
            cluster=cluster,
            labels=node["Spec"].get("Labels") or {},
        )
        for node in nodes
    }


def leads(info: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> bool:
    """Is this Engine the leader of the swarm's managers?"""
    own = (info.get("Swarm") or {}).get("NodeID")
    return any(node["ID"] == own and (node.get("ManagerStatus") or {}).get("Leader") for node in nodes)


def wanted(
    info: Mapping[str, Any] | None,
    seen: Record,
    address: str,
    version: str,
    extra: Mapping[str, str],
    before: Mapping[str, str],
) -> Tags:
    """The tags that a node should have.

    :param info: what `docker info` says; None where the Engine does not answer
    :param seen: what the swarm says of it
    :param extra: the user's own
    :param before: the tags that it has
    """
    ours = {"address": address, "agent": version, **(_engine(info, seen) if info is not None else _silent(before))}
    labels = {f"{LABEL}{name}": value for name, value in sorted(seen.labels.items())}
    if info is None:
        labels = {name: value for name, value in before.items() if name.startswith(LABEL)}
    return _fitting(ours, {**{name: value for name, value in extra.items() if name not in OWN}, **labels})


def _engine(info: Mapping[str, Any], seen: Record) -> dict[str, str]:
    swarm = info.get("Swarm") or {}
    local = str(swarm.get("LocalNodeState") or "inactive")
    manager = bool(swarm.get("ControlAvailable"))
    said = {
        "role": "manager" if manager else "worker",
        "node": str(swarm.get("NodeID") or ""),
        # The swarm may have lost sight of a node that finds itself active.
        "swarm": (seen.state or "ready") if local == "active" else local,
        "availability": seen.availability,
        "engine_port": str(_port(swarm)),
        "cluster": str((swarm.get("Cluster") or {}).get("ID") or seen.cluster),
    }
    return {name: value for name, value in said.items() if value}


def _silent(before: Mapping[str, str]) -> dict[str, str]:
    return {**{name: before[name] for name in _FROM_ENGINE if name in before}, "swarm": _DOWN}


def _port(swarm: Mapping[str, Any]) -> int:
    for manager in swarm.get("RemoteManagers") or ():
        if manager.get("NodeID") == swarm.get("NodeID"):
            port = str(manager.get("Addr") or "").rpartition(":")[2]
            return int(port) if port.isdigit() else SWARM_PORT
    return SWARM_PORT


def _fitting(must: dict[str, str], may: Mapping[str, str]) -> Tags:
    if _fits({**must, **may}):
        return Tags({**must, **may})
    tags, left_out = dict(must), []
    for name, value in may.items():
        # Counted with the tag that says how many were left out.
        if _fits({**tags, name: value, LEFT_OUT: "999"}):
            tags[name] = value
        else:
            left_out.append(name)
    return Tags({**tags, LEFT_OUT: str(len(left_out))}, tuple(left_out))


def _fits(tags: Mapping[str, str]) -> bool:
    return size(tags) <= LIMIT


def size(tags: Mapping[str, str]) -> int:
    """Bytes of tags as Serf sends them: a mark, and a map of msgpack in its old form."""
    words = [word.encode() for pair in tags.items() for word in pair]
    return 1 + (1 if len(tags) < 16 else 3) + sum(len(word) + (1 if len(word) < 32 else 3) for word in words)
