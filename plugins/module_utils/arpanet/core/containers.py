"""What one line of Docker's container list says of an instance.

Input is an item of `GET /containers/json`: it carries labels, addresses, ports, state and
health, so that no container has to be inspected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import generations, names
from .service_addresses import parse_label

# Docker's words for the outcome of a health check, as the list shows them: "Up 3 seconds (healthy)".
_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)$")

# Networks of Docker's own: an address there is not one that other instances use.
_NOT_FOR_PEERS = frozenset({"bridge", "docker_gwbridge", "host", "ingress", "none"})


@dataclass(frozen=True)
class Move:
    """Another address for a container on a network. `attached`: it has one there now."""

    network: str
    address: str
    attached: bool


@dataclass(frozen=True)
class Container:
    """A container that runs an instance on this node.

    `trouble` is empty while the instance can serve, else one word that says why it cannot.
    `address` is what its registration answers: None when it has none that a peer could use, and
    "" when it shares the node's own. `leased` are its addresses on networks of the deployment,
    as (network, address). `moves` are explicit addresses that it should have and has not yet; until
    it has them it has no address that counts.
    """

    id: str
    instance: names.Instance
    created: int
    address: str | None
    leased: tuple[tuple[str, str], ...] = ()
    port: int = 0
    aliases: tuple[str, ...] = ()
    trouble: str = ""
    moves: tuple[Move, ...] = ()

    @property
    def age_order(self) -> tuple[int, str]:
        """Sorts containers from the oldest to the newest; never equal for two of them."""
        return self.created, self.id


def read_all(items: Iterable[dict[str, Any]]) -> tuple[Container, ...]:
    """The instances among Docker's containers, in a stable order."""
    found = (read(item) for item in items)
    return tuple(sorted((one for one in found if one), key=lambda container: container.id))


def read(item: dict[str, Any]) -> Container | None:
    """The instance that a container runs; None when it is not one of ours."""
    labels = item.get("Labels") or {}
    instance = names.instance_of(labels)
    if instance is None:
        return None
    addresses = _addresses(item)
    moves = tuple(
        Move(network, address, network in addresses)
        for network, address in sorted(parse_label(labels.get(names.LABEL_ADDRESSES, "")).items())
        if addresses.get(network) != address
    )
    return Container(
        id=item["Id"],
        instance=instance,
        created=int(item.get("Created") or 0),
        address=None if moves else _address(instance.deployment, addresses),
        leased=() if moves else _leased(instance.deployment, addresses),
        moves=moves,
        port=_port(item.get("Ports") or []),
        aliases=_aliases(labels.get(names.LABEL_ALIASES, "")),
        trouble=_trouble(item),
    )


def _trouble(item: dict[str, Any]) -> str:
    state = str(item.get("State") or "unknown")
    if state != "running":
        return state
    # Newer engines have a field for it; the others say it in the status text only.
    health = (item.get("Health") or {}).get("Status")
    if health is None:
        match = _HEALTH.search(str(item.get("Status") or ""))
        health = match[1] if match else ""
    return str(health) if health in ("starting", "unhealthy") else ""


def _addresses(item: dict[str, Any]) -> dict[str, str]:
    networks = (item.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: str((networks[name] or {}).get("IPAddress") or "") for name in sorted(networks)}


def _leased(deployment: str, addresses: dict[str, str]) -> tuple[tuple[str, str], ...]:
    own = names.swarm_name(deployment, "")
    return tuple((name, address) for name, address in addresses.items() if address and name.startswith(own))


def _address(deployment: str, addresses: dict[str, str]) -> str | None:
    """Its address on the deployment's `default`, else on another of the deployment's networks, else on
    one that it shares with others, else the node's."""
    candidates = [
        *generations.in_order(deployment, addresses),
        *(name for name in addresses if name not in _NOT_FOR_PEERS),
    ]
    for name in candidates:
        if addresses.get(name):
            return addresses[name]
    return "" if "host" in addresses else None


def _port(ports: Iterable[dict[str, Any]]) -> int:
    """The lowest TCP port that the container exposes, else its lowest other one, else 0."""
    known = [(port.get("Type") != "tcp", int(port.get("PrivatePort") or 0)) for port in ports]
    return min(known)[1] if known else 0


def _aliases(text: str) -> tuple[str, ...]:
    found = set()
    for word in filter(None, (word.strip() for word in text.split(","))):
        try:
            # Clients ask for the name as it is written; as a label it is a host name as well.
            found |= {names.dns_label(word), word.lower()}
        except names.InvalidName:
            continue
    return tuple(sorted(found))
