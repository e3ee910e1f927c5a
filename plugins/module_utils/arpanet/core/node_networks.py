"""Which IPv4 networks a node already uses: its routes and its Docker networks.

A deployment's subnet must not overlap any of them, on any node.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

from . import names

Named = tuple[str, IPv4Network]

# A default route says nothing about what is in use. VPN clients write it as two halves.
_DEFAULT_ROUTE = 1


def routes(table: str) -> Iterator[Named]:
    """Interface and destination of each route in the text of /proc/net/route."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        interface, destination, mask = fields[0], _address(fields[1]), _address(fields[7])
        network = IPv4Network(f"{destination}/{mask}", strict=False)
        if network.prefixlen > _DEFAULT_ROUTE:
            yield interface, network


def docker_networks(items: Iterable[dict[str, Any]], deployments: Collection[str]) -> Iterator[Named]:
    """Name and subnet of each Docker network (items of `GET /networks`).

    A deployment's own network is an allocation and no obstacle: it says so with its label, and by
    its name where one of `deployments` runs here.
    """
    for item in items:
        name = str(item.get("Name") or "")
        own = any(name.startswith(names.swarm_name(deployment, "")) for deployment in deployments)
        if not own and names.LABEL_DEPLOYMENT not in (item.get("Labels") or {}):
            yield from subnets(item)


def subnets(item: Mapping[str, Any]) -> Iterator[Named]:
    """Name and each subnet of one Docker network (an item of `GET /networks`)."""
    for config in (item.get("IPAM") or {}).get("Config") or []:
        network = _network(config.get("Subnet") or "")
        if network is not None:
            yield str(item.get("Name") or ""), network


def in_use(found: Iterable[Named]) -> dict[str, str]:
    """What a node's record says, as {name: cidr}. A name's second network has its CIDR appended."""
    networks: dict[str, str] = {}
    for name, network in sorted(set(found)):
        if name not in networks:
            networks[name] = str(network)
        elif networks[name] != str(network):
            networks[f"{name} {network}"] = str(network)
    return networks


def _address(hexadecimal: str) -> IPv4Address:
    """The kernel prints an address as one hexadecimal word in the machine's own byte order."""
    return IPv4Address(int(hexadecimal, 16).to_bytes(4, sys.byteorder))


def _network(subnet: str) -> IPv4Network | None:
    try:
        network = ip_network(subnet, strict=False)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None
