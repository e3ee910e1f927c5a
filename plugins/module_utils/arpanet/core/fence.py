"""What keeps networks apart that share one bridge: rules of nftables, from what Docker says of this node.

Weave puts all its networks on one bridge on each node, and joins these bridges. So every port of the bridge is held
to the addresses that Docker gave to its container, in what it sends and in what it is sent, and a frame passes only
between two addresses of one network. Whoever shall reach another deployment joins one of its networks, and has an
address there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

TABLE = "arpanet_weave"

# The driver calls a container's end on the host by the first characters of its endpoint's id.
_PORT, _PORT_LETTERS = "vethwl", 9


@dataclass(frozen=True, order=True)
class Port:
    """A container's end on the bridge: `address` is the container's with its network's prefix length, `station` the
    hardware address, empty where Docker does not tell it."""

    name: str
    address: str
    station: str = ""


@dataclass(frozen=True)
class Fence:
    """`subnets` are those of networks that are known here."""

    subnets: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()


def fence(networks: Iterable[Mapping[str, Any]]) -> Fence:
    """What has to be kept apart on this node.

    :param networks: Weave's, as `GET /networks/<id>` answers, with the ends of containers from before these run.
    """
    ours = [*networks]
    subnets = {
        str(IPv4Network(config["Subnet"]))
        for item in ours
        for config in (item.get("IPAM") or {}).get("Config") or []
        if ":" not in config.get("Subnet", ":")
    }
    ports = {
        Port(
            f"{_PORT}{end['EndpointID'][:_PORT_LETTERS]}",
            str(IPv4Interface(end["IPv4Address"])),
            str(end.get("MacAddress") or ""),
        )
        for item in ours
        for end in (item.get("Containers") or {}).values()
        if end.get("EndpointID") and end.get("IPv4Address")
    }
    return Fence(tuple(sorted(subnets)), tuple(sorted(ports)))


def rules(wanted: Fence) -> str:
    """The whole table, for one atomic `nft -f`."""
    ports, members, hears, held, stations = set(), [], [], set(), []
    for port in wanted.ports:
        name, own = f'"{port.name}"', IPv4Interface(port.address)
        ports.add(name)
        members.append(f"{name} . {own.ip}")
        hears += [f"{name} . {own.ip}", f"{name} . {own.network.broadcast_address}"]
        if port.station:
            held.add(name)
            stations.append(f"{name} . {port.station}")
    return "\n".join(
        [
            f"table bridge {TABLE}",
            f"delete table bridge {TABLE}",
            f"table bridge {TABLE} {{",
            *_set("own", "ipv4_addr . ipv4_addr", "interval", [f"{subnet} . {subnet}" for subnet in wanted.subnets]),
            *_set("ports", "ifname", "", sorted(ports)),
            *_set("members", "ifname . ipv4_addr", "", members),
            *_set("hears", "ifname . ipv4_addr", "", hears),
            *_set("held", "ifname", "", sorted(held)),
            *_set("stations", "ifname . ether_addr", "", stations),
            # Before the bridge learns where a hardware address is.
            "    chain prerouting {",
            "        type filter hook prerouting priority 0; policy accept;",
            f'        iifname "{_PORT}*" iifname != @ports drop',
            "        iifname @held iifname . ether saddr != @stations drop",
            "    }",
            "    chain forward {",
            "        type filter hook forward priority 0; policy accept;",
            '        iifname "vethw*" jump weave',
            "    }",
            "    chain weave {",
            "        iifname @ports ether type ip iifname . ip saddr != @members drop",
            "        iifname @ports ether type arp iifname . arp saddr ip != @members drop",
            # What a bridge does not know the place of goes to every port.
            f'        oifname "{_PORT}*" ether type ip oifname . ip daddr != @hears drop',
            "        ip saddr . ip daddr @own accept",
            "        arp saddr ip . arp daddr ip @own accept",
            "        counter drop",
            "    }",
            "}",
            "",
        ]
    )


def _set(name: str, kind: str, flags: str, elements: list[str]) -> list[str]:
    lines = [f"    set {name} {{", f"        type {kind}"]
    if flags:
        lines.append(f"        flags {flags}")
    if elements:
        lines.append(f"        elements = {{ {', '.join(elements)} }}")
    return [*lines, "    }"]
