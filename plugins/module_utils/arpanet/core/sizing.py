"""How large a subnet has to be, and whether one still holds what is asked of it.

    .0   network      .1   gateway
    lower quarter     explicit addresses (core/addresses.py)
    second quarter    nobody's
    upper half        Swarm's, without the last address

Docker's `ip_range` is one CIDR block, so "all but the lower quarter" cannot be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from .english import counted

SMALLEST_PREFIX = 29  # three addresses for Swarm: less is no network
LARGEST_SIZE = 8
DEFAULT_PREFIX = 26
DEFAULT_ROOM = 4


class SubnetError(ValueError):
    """A pool or a request that cannot be; the message says which and what to do."""


@dataclass(frozen=True)
class Need:
    """What a network has to hold: tasks of its services and nodes of the cluster."""

    tasks: int
    nodes: int

    @property
    def swarm_addresses(self) -> int:
        """Addresses that Swarm hands out at once: one a node, two a task (start-first updates)."""
        return self.nodes + 2 * self.tasks


def swarm_range(subnet: IPv4Network) -> IPv4Network:
    """The part of a subnet that Swarm hands out: its upper half."""
    return list(subnet.subnets(1))[1]


def reserved_range(subnet: IPv4Network) -> IPv4Network:
    """The part of a subnet that is for explicit addresses: its lower quarter."""
    return next(subnet.subnets(2))


def capacity(prefix: int) -> int:
    """How many addresses Swarm hands out of such a subnet; Docker keeps the last as broadcast address."""
    return (1 << (31 - prefix)) - 1


@dataclass(frozen=True)
class Room:
    """Whether a subnet, or one of this size, holds a need; as text, the arithmetic."""

    subnet: IPv4Network | int
    need: Need

    @property
    def capacity(self) -> int:
        """How many addresses Swarm hands out."""
        return capacity(self.subnet if isinstance(self.subnet, int) else self.subnet.prefixlen)

    def __bool__(self) -> bool:
        return self.need.swarm_addresses <= self.capacity

    def __str__(self) -> str:
        nodes, tasks = counted(self.need.nodes, "node"), counted(self.need.tasks, "task")
        what = f"a /{self.subnet}" if isinstance(self.subnet, int) else f"subnet {self.subnet}"
        total = self.need.swarm_addresses
        return f"{nodes} + 2×{tasks} = {total} addresses, {what} hands out {self.capacity}"


def fits(subnet: IPv4Network | int, need: Need) -> Room:
    """Whether a subnet (or one of this prefix length) holds a need, with the arithmetic as its text."""
    return Room(subnet, need)


def check_room(subnet: IPv4Network | int, need: Need, what: str) -> None:
    """Refuse `what` ("pricing to 80") when the network's subnet could not hold it.

    :raises SubnetError: shows the arithmetic and the size that would do.
    """
    room = fits(subnet, need)
    if not room:
        enough = prefix_for(need, room=1)
        raise SubnetError(f"{what}: {room}. It takes a /{enough} or larger: deploy with -e subnet_size=/{enough}")


def prefix_for(need: Need, room: int = DEFAULT_ROOM) -> int:
    """The prefix length of a subnet for `need` with `room` times the tasks to grow to.

    Swarm's half has to hold the grown number, or the room would be there but not for tasks.
    """
    grown = Need(need.tasks * room, need.nodes)
    for prefix in range(DEFAULT_PREFIX, LARGEST_SIZE - 1, -1):
        if capacity(prefix) >= grown.swarm_addresses:
            return prefix
    raise SubnetError(f"{need.tasks} tasks on {need.nodes} nodes need more addresses than a /{LARGEST_SIZE} has")


def parse_size(text: str) -> int:
    """A prefix length from `-e subnet_size=`: `/24`, `24`, or a number of addresses over 32."""
    digits = text.strip().removeprefix("/")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 10:
        raise SubnetError(f"subnet_size {text!r} is neither a prefix (/24) nor a number of addresses (256)")
    number = int(digits)
    stated = number <= 32 or text.strip().startswith("/")
    prefix = number if stated else 32 - (number - 1).bit_length()
    if not LARGEST_SIZE <= prefix <= SMALLEST_PREFIX:
        raise SubnetError(
            f"subnet_size {text!r} means a /{prefix}: choose between /{LARGEST_SIZE} and /{SMALLEST_PREFIX}"
        )
    return prefix


def prefix_asked(network: str, counts: Mapping[str, int], size: str | None, nodes: int) -> int:
    """The prefix length of a network's new subnet: what `size` says (`parse_size`), else one with room to grow.

    :param counts: `tasks` of the network, and services with one on every node (`everywhere`); each may be missing.
    :raises SubnetError: the size does not hold them.
    """
    need = Need(int(counts.get("tasks", 0)) + int(counts.get("everywhere", 0)) * nodes, nodes)
    if not size:
        return prefix_for(need)
    prefix = parse_size(size)
    check_room(prefix, need, f"network {network} in a subnet of size {size}")
    return prefix
