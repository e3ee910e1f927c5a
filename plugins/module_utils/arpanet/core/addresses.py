"""Explicit addresses: which one an owner outside the stack (a VM, an appliance) gets in a subnet."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from .sizing import SubnetError, reserved_range

# All of a network's are in one key of Consul's, which holds 512 KiB.
MOST_ADDRESSES = 2000

_OWNER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_NOT_FOR_OWNERS = 2  # network and gateway come first


@dataclass(frozen=True)
class Address:
    """An address and what it is for. `service` is the name that people know its owner by."""

    address: IPv4Address
    owner: str
    service: str

    def as_value(self) -> dict[str, str]:
        """What Consul holds under the owner's name."""
        return {"address": str(self.address), "service": self.service}


def parse(owner: str, value: dict[str, Any]) -> Address:
    """An address from Consul's JSON."""
    try:
        return Address(IPv4Address(value["address"]), owner, str(value.get("service") or owner))
    except (KeyError, TypeError, ValueError) as error:
        raise SubnetError(f"address of {owner} is {value!r}; somebody else wrote it") from error


def check_owner(owner: str) -> str:
    """Return an owner's name unchanged, or say what is wrong with it."""
    if not _OWNER.fullmatch(owner):
        raise SubnetError(f"owner {owner!r}: use 1 to 63 letters, digits and inner dots, hyphens or underscores")
    return owner


def choose(subnet: IPv4Network, taken: Collection[IPv4Address], wanted: IPv4Address | None = None) -> IPv4Address:
    """The wanted address, or the first free one, of a subnet's lower quarter.

    :raises SubnetError: it is not for owners, or taken, or all are.
    """
    quarter = reserved_range(subnet)
    first = quarter.network_address + _NOT_FOR_OWNERS
    last = quarter.broadcast_address
    if first > last:
        raise SubnetError(f"subnet {subnet} is too small for explicit addresses: it takes a /28 or larger")
    if wanted is not None:
        if not first <= wanted <= last:
            raise SubnetError(
                f"{wanted} is not for explicit addresses: those of subnet {subnet} are {first} to {last}, "
                "the others are Swarm's"
            )
        if wanted in taken:
            raise SubnetError(f"{wanted} is taken")
        return wanted
    for number in range(int(first), int(last) + 1):
        if IPv4Address(number) not in taken:
            return IPv4Address(number)
    raise SubnetError(
        f"subnet {subnet} has no explicit address left: {first} to {last} are all taken; give one back with "
        "deployment_address (state: absent)"
    )
