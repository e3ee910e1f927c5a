"""What the parts of a cluster answered to one look around, each in its own shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import names
from .spec import Spec


@dataclass(frozen=True)
class Seen:
    """What each part answered at the node `asked`; `errors` has why one did not: `engine`, `swarm`,
    `consul`, `serf`."""

    asked: str = ""
    # the Engine: /info, /nodes, /services (by name), /tasks
    info: Spec = field(default_factory=dict)
    nodes: list[Spec] = field(default_factory=list)
    services: dict[str, Spec] = field(default_factory=dict)
    tasks: list[Spec] = field(default_factory=list)
    # Consul: /v1/agent/members, the leader's `address:port`, and by deployment its record, the last
    # revision that is kept of it, its subnets by network, and by Consul's name for it
    # (names.dns_services) its instances as
    # adapters.consul.Consul.instances answers
    members: Sequence[Spec] = field(default_factory=list)
    leader: str = ""
    records: dict[str, Spec] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    subnets: dict[str, dict[str, str]] = field(default_factory=dict)
    registered: dict[str, Sequence[Spec]] = field(default_factory=dict)
    # the same of the nodes' agents themselves, which report every interval
    agents: Sequence[Spec] = field(default_factory=list)
    # by node, what it says of its Weave (core.weave.State.as_value)
    weave: dict[str, Spec] = field(default_factory=dict)
    # Serf: members -format=json
    serf: list[Spec] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    # keys in Consul whose value is of no use (core.stored), and why
    illegible: dict[str, str] = field(default_factory=dict)

    def deployments(self) -> set[str]:
        """Ids of all deployments that anybody knows of."""
        return {*self.records, *self.subnets, *map(deployment_of, self.services.values())}

    def networks(self, deployment: str) -> dict[str, str]:
        """Its networks and their CIDRs."""
        return {**self.subnets.get(deployment, {}), **(self.records.get(deployment, {}).get("networks") or {})}


def ours(services: Mapping[str, Spec]) -> dict[str, Spec]:
    """Those of deployments, of the services that `GET /services` answers, by name."""
    return {
        name: service for name, service in services.items() if names.is_ours(name, service["Spec"].get("Labels") or {})
    }


def deployment_of(service: Spec) -> str:
    """Whose service it is, of one that `GET /services` answers."""
    return str(service["Spec"]["Labels"][names.LABEL_DEPLOYMENT])


def kept(keys: Iterable[str]) -> dict[str, int]:
    """Deployments and the last revision that is kept of each, from all keys below DEPLOYMENTS_PREFIX.

    A record names its revision as soon as a change begins; it is kept when all of that has arrived.
    """
    found: dict[str, int] = {}
    for key in keys:
        match key.removeprefix(names.DEPLOYMENTS_PREFIX).split("/"):
            case [deployment, "revisions", number] if number.isdecimal():
                found[deployment] = max(int(number), found.get(deployment, 0))
    return found


def subnets(keys: Mapping[str, Spec]) -> dict[str, dict[str, str]]:
    """Deployments, their networks and CIDRs, from all keys below SUBNETS_PREFIX (blocks are, too)."""
    found: dict[str, dict[str, str]] = {}
    for key, value in keys.items():
        match key.removeprefix(names.SUBNETS_PREFIX).split("/"):
            case ["owners", deployment, network]:
                found.setdefault(deployment, {})[network] = str(value["subnet"])
    return found
