"""What keeps networks apart that share one bridge: rules of nftables, from what Docker says of this node.

Weave puts all its networks on one bridge on each node, and joins these bridges. So every port of the bridge is
held to the addresses that Docker gave to its container, and a frame passes only between two addresses of one
network. Whoever shall reach another deployment joins one of its networks, and has an address there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

TABLE = "arpanet_weave"

# The driver calls a container's end on the host by the first characters of its endpoint's id.
_PORT, _PORT_LETTERS = "vethwl", 9


@dataclass(frozen=True)
class Fence:
    """`subnets` are those of networks that are known here, `ports` the addresses of each container's port."""

    subnets: tuple[str, ...] = ()
    ports: tuple[tuple[str, str], ...] = ()


def fence(driver: str, networks: Iterable[Mapping[str, Any]], containers: Iterable[Mapping[str, Any]]) -> Fence:
    """What has to be kept apart on this node.

    :param networks: items of `GET /networks`; those of other drivers do not count.
    :param containers: items of `GET /containers/json`.
    """
    ours = {str(item["Id"]): item for item in networks if item.get("Driver") == driver}
    subnets = {
        str(IPv4Network(config["Subnet"]))
        for item in ours.values()
        for config in (item.get("IPAM") or {}).get("Config") or []
        if ":" not in config.get("Subnet", ":")
    }
    ports = {
        (f"{_PORT}{end['EndpointID'][:_PORT_LETTERS]}", str(end["IPAddress"]))
        for item in containers
        for end in ((item.get("NetworkSettings") or {}).get("Networks") or {}).values()
        if end and end.get("NetworkID") in ours and end.get("EndpointID") and end.get("IPAddress")
    }
    return Fence(tuple(sorted(subnets)), tuple(sorted(ports)))


def rules(wanted: Fence) -> str:
    """The whole table, for one atomic `nft -f`."""
    names = sorted({port for port, _ in wanted.ports})
    return "\n".join(
        [
            f"table bridge {TABLE}",
            f"delete table bridge {TABLE}",
            f"table bridge {TABLE} {{",
            *_set("own", "ipv4_addr . ipv4_addr", "interval", [f"{subnet} . {subnet}" for subnet in wanted.subnets]),
            *_set("ports", "ifname", "", [f'"{name}"' for name in names]),
            *_set("members", "ifname . ipv4_addr", "", [f'"{port}" . {address}' for port, address in wanted.ports]),
            "    chain forward {",
            "        type filter hook forward priority 0; policy accept;",
            '        iifname "vethw*" jump weave',
            "    }",
            "    chain weave {",
            "        iifname @ports ether type ip iifname . ip saddr != @members drop",
            "        iifname @ports ether type arp iifname . arp saddr ip != @members drop",
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
