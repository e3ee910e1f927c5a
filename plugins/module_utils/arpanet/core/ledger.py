"""Everything of ours that Consul and Swarm keep for the whole cluster, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from . import names, stored
from .leases import is_lease
from .seen import deployment_of, ours
from .spec import Spec
from .surge import surging
from .volumes import as_pinned

Value = dict[str, Any]


@dataclass(frozen=True)
class Ledger:
    """`leases` by key, `nodes` by name; `owners` maps `deployment/network` to a CIDR and `blocks` a CIDR to
    its owner; `volumes` maps a deployment to {volume: node}.

    `pins` are `volumes` as the services that mount them are pinned.

    `moves` are services that a move has changed for its time: {service: {"deployment", "node"}}, with the id of the
    node that it is off.

    `pools` have their ranges by name, `recorded` is `owners` as the deployments' records have it, and `illegible` says
    of keys why their value is of no use.

    `things` are networks, secrets and configs that carry a deployment's label: [{"kind", "name",
    "deployment", "subnets", "used"}]; `used` says whether a service refers to it (networks only).
    """

    deployments: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    leases: dict[str, Value] = field(default_factory=dict)
    nodes: dict[str, Value] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, dict[str, str]] = field(default_factory=dict)
    pins: dict[str, dict[str, str]] = field(default_factory=dict)
    moves: dict[str, Value] = field(default_factory=dict)
    pools: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    illegible: dict[str, str] = field(default_factory=dict)
    things: list[Value] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """Plain values, of which `Ledger(**data)` is made again."""
        return asdict(self)


def read(raw: Mapping[str, bytes], things: Mapping[str, Sequence[Spec]], services: Mapping[str, Spec]) -> Ledger:
    """From all keys below KV_ROOT, things by kind and services by name, all labelled, as the Engine lists them."""
    keys, illegible = stored.read(raw)
    deployments = stored.records(keys, illegible)
    used = {
        str(network["Target"])
        for service in services.values()
        for network in service["Spec"]["TaskTemplate"].get("Networks") or []
    }
    own = ours(services)
    # What of a deployment has only services that are nobody's is as little ours as they are.
    foreign = {*map(deployment_of, services.values())} - {*map(deployment_of, own.values()), *deployments}
    kept = [_thing(kind, item, used) for kind in sorted(things) for item in things[kind]]
    blocks: dict[str, str] = {}
    for key, value in keys.items():
        if key.startswith(names.BLOCKS_PREFIX):
            blocks |= {cidr: str(owner) for cidr, owner in value.items()}
    volumes = _below(keys, names.VOLUMES_PREFIX)
    return Ledger(
        deployments=sorted(deployments),
        locked=sorted(key.removeprefix(names.LOCKS_PREFIX) for key in raw if key.startswith(names.LOCKS_PREFIX)),
        leases={key: value for key, value in keys.items() if is_lease(key)},
        nodes=_below(keys, names.NODES_PREFIX),
        owners={owner: str(value["subnet"]) for owner, value in _below(keys, names.OWNERS_PREFIX).items()},
        blocks=blocks,
        volumes=volumes,
        pins={
            deployment: as_pinned(
                deployment, held, [one["Spec"] for one in own.values() if deployment_of(one) == deployment]
            )
            for deployment, held in volumes.items()
        },
        moves={
            name: {"deployment": deployment_of(service), "node": node}
            for name, service in sorted(own.items())
            if (node := surging(service["Spec"]))
        },
        pools={name: str(value["cidr"]) for name, value in _below(keys, names.POOLS_PREFIX).items() if "cidr" in value},
        recorded={
            f"{deployment}/{network}": cidr
            for deployment, record in deployments.items()
            for network, cidr in (record.get("networks") or {}).items()
        },
        illegible=illegible,
        things=[thing for thing in kept if thing["deployment"] not in foreign],
    )


def dns_names(deployments: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names by which the services of these deployments are asked for, without the domain.

    :param deployments: those of core.status, as plain data.
    """
    found = set()
    for deployment in deployments:
        for zone in names.dns_services(deployment["id"], deployment["networks"]):
            found |= {f"{names.dns_label(service['name'])}.{zone}" for service in deployment["services"]}
    return sorted(found)


def _below(keys: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    return {key.removeprefix(prefix): value for key, value in keys.items() if key.startswith(prefix)}


def _thing(kind: str, item: Spec, used: set[str]) -> Value:
    spec = item.get("Spec") or item
    subnets = [one.get("Subnet", "") for one in (item.get("IPAM") or {}).get("Config") or []]
    return {
        "kind": kind,
        "name": str(spec["Name"]),
        "deployment": str(spec["Labels"][names.LABEL_DEPLOYMENT]),
        "subnets": [subnet for subnet in subnets if subnet],
        "used": kind != "network" or item["Id"] in used or spec["Name"] in used,
    }
