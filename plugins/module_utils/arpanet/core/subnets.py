"""Which subnet a deployment's network gets: sizes, blocks of a pool, and where one fits.

A pool is cut into blocks, each a key of its own in Consul. A request is served from one block
(or from several whole neighbouring blocks when it is larger than one), so the cost of an
allocation depends on the size of a block and not on how many deployments there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses

SMALLEST_PREFIX = 29  # three addresses for tasks in Swarm's half: less is no network
DEFAULT_PREFIX = 26
DEFAULT_ROOM = 4
# One transaction changes at most 64 keys on servers before Consul 1.13: the owner and its blocks.
MOST_BLOCKS = 32


class SubnetError(ValueError):
    """A pool or a request that cannot be; the message says which and what to do."""


@dataclass(frozen=True)
class Pool:
    """A range that subnets are taken from, cut into blocks of prefix length `block`."""

    name: str
    network: IPv4Network
    block: int

    @property
    def blocks(self) -> int:
        """How many blocks the pool has."""
        return 1 << (self.block - self.network.prefixlen)

    def block_at(self, index: int) -> IPv4Network:
        """The block with this index, counted from the pool's start."""
        size = 1 << (32 - self.block)
        return IPv4Network((int(self.network.network_address) + index * size, self.block))


def parse_pool(name: str, cidr: str) -> Pool:
    """A pool from what the user wrote; blocks of 64 smallest default subnets, or the whole range."""
    try:
        network = IPv4Network(cidr)
    except ValueError as error:
        raise SubnetError(f"pool {name!r}: {cidr!r} is not an IPv4 range such as 10.32.0.0/12: {error}") from error
    if network.prefixlen > DEFAULT_PREFIX:
        raise SubnetError(f"pool {name!r}: {cidr} is smaller than one /{DEFAULT_PREFIX} subnet")
    return Pool(name, network, max(network.prefixlen, 20))


@dataclass(frozen=True)
class Request:
    """One subnet of one owner (`deployment/network`)."""

    owner: str
    prefix: int


@dataclass(frozen=True)
class Need:
    """What a network has to hold: tasks of its services and nodes of the cluster."""

    tasks: int
    nodes: int

    @property
    def swarm_addresses(self) -> int:
        """Addresses that Swarm hands out at once: one a node, two a task (start-first updates)."""
        return self.nodes + 2 * self.tasks


def prefix_for(need: Need, room: int = DEFAULT_ROOM) -> int:
    """The prefix length of a subnet for `need` with `room` times the tasks to grow to.

    Swarm hands out the upper half (`swarm_range`), so that half must hold what runs today;
    the whole must hold the grown number, its network and its gateway address.
    """
    whole = 2 + need.nodes + 2 * need.tasks * room
    for prefix in range(DEFAULT_PREFIX, 7, -1):
        size = 1 << (32 - prefix)
        if size // 2 > need.swarm_addresses and size >= whole:
            return prefix
    raise SubnetError(f"{need.tasks} tasks on {need.nodes} nodes need more addresses than a /8 has")


def parse_size(text: str) -> int:
    """A prefix length from `-e subnet_size=`: `/24`, `24`, or a number of addresses over 32."""
    digits = text.strip().removeprefix("/")
    if not digits.isdigit():
        raise SubnetError(f"subnet_size {text!r} is neither a prefix (/24) nor a number of addresses (256)")
    number = int(digits)
    prefix = number if number <= 32 else 32 - (number - 1).bit_length()
    if not 8 <= prefix <= SMALLEST_PREFIX:
        raise SubnetError(f"subnet_size {text!r} means a /{prefix}: choose between /8 and /{SMALLEST_PREFIX}")
    return prefix


def swarm_range(subnet: IPv4Network) -> IPv4Network:
    """The part of a subnet that Swarm hands out: its upper half.

    Docker's `ip_range` is one CIDR block, so "all but the lower quarter" cannot be said; the
    lower quarter is for explicit addresses and the second one stays free for either.
    """
    return list(subnet.subnets(1))[1]


def probe_order(pool: Pool, owner: str) -> Iterator[int]:
    """Block indices in the order in which this owner tries them: all, from a place of its own.

    Controllers that allocate at once start in different blocks and rarely collide.
    """
    start = int.from_bytes(hashlib.blake2b(owner.encode(), digest_size=8).digest(), "big") % pool.blocks
    return ((start + step) % pool.blocks for step in range(pool.blocks))


def free_ranges(within: IPv4Network, taken: Iterable[IPv4Network]) -> list[IPv4Network]:
    """The largest aligned free ranges of a network, in address order."""
    free = [within]
    for used in taken:
        kept: list[IPv4Network] = []
        for candidate in free:
            if not candidate.overlaps(used):
                kept.append(candidate)
            elif used != candidate and used.subnet_of(candidate):
                kept.extend(candidate.address_exclude(used))
        free = kept
    return sorted(collapse_addresses(free))


def place(within: IPv4Network, taken: Iterable[IPv4Network], prefix: int) -> IPv4Network | None:
    """The subnet of this prefix length that leaves the largest free ranges whole, or None.

    Best fit: the smallest free range that holds it, the lowest of those.
    """
    fitting = [free for free in free_ranges(within, taken) if free.prefixlen <= prefix]
    if not fitting:
        return None
    best = max(fitting, key=lambda free: (free.prefixlen, -int(free.network_address)))
    return next(best.subnets(new_prefix=prefix))


@dataclass(frozen=True)
class Clash:
    """A network that a node already uses."""

    node: str
    name: str
    network: IPv4Network

    def __str__(self) -> str:
        return f"{self.network} ({self.name} on {self.node})"


def relevant(clashes: Iterable[Clash], pool: Pool) -> list[Clash]:
    """The node networks that take something away from the pool.

    A route that covers the whole pool (a VPN's 10.0.0.0/8, the default route) would leave
    nothing: a more specific route of our own wins over it, so it is no clash.
    """
    return [
        clash for clash in clashes if clash.network.overlaps(pool.network) and not pool.network.subnet_of(clash.network)
    ]
