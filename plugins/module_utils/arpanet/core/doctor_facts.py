"""What doctor.yml compares: the picture of the whole, what is kept for the whole, and a look at each node."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import mends
from .ledger import Ledger

Look = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """`status` is core.status_text.as_data's, `looks` are by node, `units` what each node has to run.

    `silent` are nodes of the inventory that Ansible could not look at, and why; `managers` are those that it has as
    managers, None where nobody said. `hosts` are its names of nodes by their own, as far as they are known.
    """

    status: Mapping[str, Any]
    ledger: Ledger
    looks: Mapping[str, Look]
    units: Mapping[str, Sequence[str]] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    managers: Collection[str] | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Can it be said of something that nobody knows it?"""
        return bool(self.status["swarm"]["ok"]) and not {"swarm", "consul"} & set(self.status["errors"])

    def members(self) -> set[str]:
        """Names of the swarm's nodes."""
        return {node["name"] for node in self.status["nodes"] if node["swarm"]}

    def deployments(self) -> set[str]:
        """Ids of what runs or is recorded."""
        running = {
            one["id"]
            for one in self.status["deployments"]
            if any(service["running"] is not None for service in one["services"])
        }
        return running | set(self.ledger.deployments)

    def running(self) -> set[str] | None:
        """Containers that Swarm wants to run; None where it does not say."""
        if not self.whole:
            return None
        services = [service for one in self.status["deployments"] for service in one["services"]]
        return {placed["container"] for service in services for placed in service["placements"]}

    def site(self, node: str) -> str:
        """What sets a node up; all of them where nobody knows what the inventory, which may not have it, calls it."""
        return mends.play("site", limit=self.hosts.get(node, ""))

    def resting(self, deployment: str) -> bool:
        """Is nobody at work on it?"""
        return deployment not in self.ledger.locked


def is_active(look: Look, unit: str) -> bool:
    return bool(look["units"].get(unit, {}).get("active"))


def is_stopped(look: Look, unit: str) -> bool:
    state = look["units"].get(unit)
    return bool(state) and not state["active"]
