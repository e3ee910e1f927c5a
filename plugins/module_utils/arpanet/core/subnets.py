"""Which subnet a deployment's network gets: pools, blocks, and where one fits.

The address space is cut into blocks, each a key of its own in Consul, whatever pools there are: a
pool only says where in it to look, so pools may grow, shrink and overlap without a migration. A
subnet lies in one block, or covers several whole ones, so the cost of an allocation depends on the
size of a block and not on how many deployments there are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from socket import inet_aton

from .sizing import (
    DEFAULT_PREFIX,
    SMALLEST_PREFIX,
    Need,
    Room,
    SubnetError,
    check_room,
    fits,
    parse_size,
    prefix_asked,
    prefix_for,
    swarm_range,
)

# Whoever uses subnets finds their sizes here as well.
__all__ = [
    "Need",
    "Room",
    "SubnetError",
    "check_room",
    "fits",
    "parse_size",
    "prefix_asked",
    "prefix_for",
    "swarm_range",
]

DEFAULT_POOL = "default"
DEFAULT_RANGE = "10.32.0.0/12"

# A block holds 2048 addresses: 32 subnets of the default size. Smaller blocks would make less of
# what a transaction can cover, larger ones would make controllers collide in them more often.
BLOCK = 21
# One transaction changes at most 64 keys on servers before Consul 1.13: the owner and its blocks,
# whose number is a power of two.
MOST_BLOCKS = 32
LARGEST_PREFIX = BLOCK - MOST_BLOCKS.bit_length() + 1
# So many blocks are filled first, and then as many again and again: few enough to leave most of a
# pool in one piece, enough for 64 controllers at once.
FIRST_BLOCKS = 128

_POOL_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_DEFAULT_ROUTE = 1  # prefix length: a VPN client's default route comes in two halves

Span = tuple[int, int]  # first address and the one after the last


@dataclass(frozen=True)
class Pool:
    """A range that subnets are taken from.

    `within` are wider routes that the pool was carved out of: they are no clash.
    """

    name: str
    network: IPv4Network
    within: tuple[IPv4Network, ...] = ()

    @property
    def blocks(self) -> int:
        """How many blocks the pool lies in."""
        return 1 << max(0, BLOCK - self.network.prefixlen)

    def block_at(self, index: int) -> IPv4Network:
        """The block with this index, counted from the pool's start."""
        return IPv4Network((_floor(int(self.network.network_address)) + (index << (32 - BLOCK)), BLOCK))

    def part(self, block: IPv4Network) -> IPv4Network:
        """What of a block belongs to the pool."""
        return self.network if self.network.prefixlen > BLOCK else block

    def as_value(self) -> dict[str, object]:
        """The JSON object for Consul."""
        return {"cidr": str(self.network), "within": [str(route) for route in self.within]}


def parse_pool(name: str, cidr: str, within: Iterable[str] = ()) -> Pool:
    """A pool from what the user wrote."""
    if not _POOL_NAME.fullmatch(name):
        raise SubnetError(f"pool {name!r}: use 1 to 32 lower-case letters, digits and inner hyphens as its name")
    network = _range(name, cidr)
    if network.prefixlen > DEFAULT_PREFIX:
        raise SubnetError(f"pool {name!r}: {cidr} is smaller than one /{DEFAULT_PREFIX} subnet")
    routes = tuple(sorted({_range(name, route) for route in within}))
    for route in routes:
        if not network.subnet_of(route):
            raise SubnetError(f"pool {name!r}: {network} does not lie within {route}")
    return Pool(name, network, routes)


def pool_of_record(name: str, value: Mapping[str, object]) -> Pool:
    """A pool from Consul's JSON."""
    within = value.get("within") or []
    return parse_pool(name, str(value.get("cidr")), map(str, within) if isinstance(within, list) else ())


def check_resize(before: Pool, after: Pool, held: Mapping[str, IPv4Network]) -> None:
    """Refuse a new range for a pool that leaves out one of its subnets (`held`, by owner).

    :raises SubnetError: names some of them.
    """
    outside = [f"{subnet} of {owner}" for owner, subnet in sorted(held.items()) if not subnet.subnet_of(after.network)]
    if outside:
        more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
        raise SubnetError(
            f"pool {before.name!r} is {before.network} in this cluster and cannot become {after.network}, which leaves "
            f"out {', '.join(outside[:3])}{more}: choose a range that contains {before.network}, remove those "
            "deployments first, or name another pool"
        )


@dataclass(frozen=True)
class Request:
    """One subnet of one owner (`deployment/network`)."""

    owner: str
    prefix: int


def blocks_of(subnet: IPv4Network) -> Sequence[IPv4Network]:
    """The blocks that a subnet lies in: one, or all that it covers."""
    if subnet.prefixlen >= BLOCK:
        return [IPv4Network((_floor(int(subnet.network_address)), BLOCK))]
    return [*subnet.subnets(new_prefix=BLOCK)]


def probes(pool: Pool, owner: str, attempt: int = 0) -> Iterator[IPv4Network]:
    """The few blocks that an owner looks into first: one of each window of the pool.

    The first window has FIRST_BLOCKS blocks (at most a quarter of the pool), each further one is
    as large as all before it together. So small subnets stay together at the pool's start, new
    windows are opened as the earlier ones fill up, and the number of probes is the logarithm of
    the pool's size. Owners are spread over a window by their names; every further `attempt`, after
    a lost race, looks elsewhere and prefers the next window.
    """
    windows = []
    start, end = 0, min(FIRST_BLOCKS, max(1, pool.blocks // 4))
    while start < pool.blocks:
        windows.append((start, end))
        start, end = end, 2 * end
    spread = _hash(f"{owner} {attempt}")
    skip = min(attempt, len(windows) - 1)
    for first, after in windows[skip:] + windows[:skip]:
        yield pool.block_at(first + spread % (after - first))


def probe_order(pool: Pool, owner: str, attempt: int = 0) -> Iterator[IPv4Network]:
    """All blocks of a pool, from a place of the owner's own: what is looked through when no probe fits."""
    start = _hash(f"{owner} {attempt}") % pool.blocks
    return (pool.block_at((start + step) % pool.blocks) for step in range(pool.blocks))


def place(
    within: IPv4Network, taken: Iterable[IPv4Network | str], prefix: int, last: bool = False
) -> IPv4Network | None:
    """The subnet of this prefix length that leaves the largest free ranges whole, or None.

    Best fit: the smallest free range that holds it; the lowest of those, or with `last` the highest.
    """
    size = 1 << (32 - prefix)
    best: Span | None = None
    for start, end in _free(_span(within), taken):
        smaller = best is None or end - start < best[1] - best[0]
        if end - start >= size and (smaller or (last and best is not None and end - start == best[1] - best[0])):
            best = (start, end)
    if best is None:
        return None
    return IPv4Network((best[1] - size if last else best[0], prefix))


def free_ranges(within: IPv4Network, taken: Iterable[IPv4Network | str]) -> list[IPv4Network]:
    """The largest aligned free ranges of a network, in address order."""
    return [IPv4Network((start, 33 - (end - start).bit_length())) for start, end in _free(_span(within), taken)]


@dataclass(frozen=True)
class Clash:
    """A network that a node already uses: a route's interface or a Docker network, and its range."""

    node: str
    name: str
    network: IPv4Network

    def __str__(self) -> str:
        return f"{self.network} ({self.name} on {self.node})"


def relevant(clashes: Iterable[Clash], pool: Pool) -> list[Clash]:
    """The node networks that take something away from the pool.

    A default route is everywhere and takes nothing. Any other route does, also one that covers the
    whole pool (a VPN's 10.0.0.0/8): containers of a deployment inside it would no longer reach what
    is behind it. Where the pool is known to be free there, the pool says so with `within`.
    """
    return [
        clash
        for clash in clashes
        if clash.network.prefixlen > _DEFAULT_ROUTE
        and clash.network.overlaps(pool.network)
        and clash.network not in pool.within
    ]


def clashing(subnet: IPv4Network, clashes: Iterable[Clash], pool: Pool) -> list[Clash]:
    """Those of the node networks that a subnet of the pool overlaps."""
    narrowed = replace(pool, network=subnet)
    return relevant(clashes, narrowed)


def warnings(held: Mapping[str, IPv4Network], in_use: Sequence[Clash], size: str | None, pool: Pool) -> list[str]:
    """What is odd about the subnets that a deployment has already (`held`, by network), as sentences."""
    found = []
    for network, subnet in held.items():
        if size and subnet.prefixlen < parse_size(size):
            found.append(f"network {network} keeps its subnet {subnet}, which is larger than {size}")
        clashes = clashing(subnet, in_use, pool)
        if clashes:
            found.append(
                f"network {network} has subnet {subnet}, which overlaps {', '.join(map(str, clashes))}: its containers "
                "cannot reach what is behind that"
            )
    return found


def describe_full(pool: Pool, request: Request, taken: Mapping[str, str], clashes: Sequence[Clash]) -> str:
    """Why a request cannot be served: the pool, its use, its largest free block and what to do.

    `taken` maps the subnets that overlap the pool to their owners; `clashes` are relevant ones.
    """
    what = f"no free /{request.prefix} for {request.owner} in pool {pool.name!r} ({pool.network})"
    covering = [clash for clash in clashes if pool.network.subnet_of(clash.network)]
    if covering:
        routes = ",".join(map(str, sorted({*pool.within, *(clash.network for clash in covering)})))
        return (
            f"{what}: all of it lies in {_listed(covering)}. Containers could not reach what is behind that: take a "
            f"pool elsewhere (-e pool=NAME -e pool_cidr=RANGE). If {pool.network} is reserved for this cluster "
            f"there, say so with -e pool_within={routes}"
        )
    free = free_ranges(pool.network, [*taken, *(clash.network for clash in clashes)])
    used = pool.network.num_addresses - sum(gap.num_addresses for gap in free_ranges(pool.network, taken))
    largest = min(free, key=lambda gap: gap.prefixlen, default=None)
    lost = f", of the rest nodes use {_listed(clashes)}" if clashes else ""
    smaller = ""
    if largest is not None and request.prefix < largest.prefixlen <= SMALLEST_PREFIX:
        smaller = f"ask for less with -e subnet_size=/{largest.prefixlen}, "
    larger = f" (-e pool_cidr={pool.network.supernet()})" if pool.network.prefixlen > 8 else ""
    left = f"the largest free block is {largest}" if largest else "nothing is free"
    count = f"{len(taken)} subnet{' uses' if len(taken) == 1 else 's use'}"
    return (
        f"{what}: {count} {used} of its {pool.network.num_addresses} addresses{lost}; {left}. "
        f"What helps: {smaller}remove a deployment, "
        f"grow the pool{larger} or take another one (-e pool=NAME)"
    )


def _listed(clashes: Sequence[Clash]) -> str:
    more = f" and {len(clashes) - 5} more" if len(clashes) > 5 else ""
    return ", ".join(map(str, clashes[:5])) + more


def _range(name: str, cidr: str) -> IPv4Network:
    try:
        return IPv4Network(cidr)
    except ValueError as error:
        raise SubnetError(f"pool {name!r}: {cidr!r} is not an IPv4 range such as {DEFAULT_RANGE}: {error}") from error


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _floor(address: int) -> int:
    """The first address of the block that an address lies in."""
    return address >> (32 - BLOCK) << (32 - BLOCK)


def _span(network: IPv4Network | str) -> Span:
    # Blocks hold text, and `ipaddress` takes 20 times as long to read it.
    if isinstance(network, str):
        address, _, prefix = network.partition("/")
        try:
            start = int.from_bytes(inet_aton(address), "big")
            return start, start + (1 << (32 - int(prefix)))
        except (OSError, ValueError) as error:
            raise SubnetError(f"{network!r} is not an IPv4 range") from error
    start = int(network.network_address)
    return start, start + network.num_addresses


def _free(within: Span, taken: Iterable[IPv4Network | str]) -> Iterator[Span]:
    """The largest aligned free spans, in order."""
    at, end = within
    for first, after in sorted(map(_span, taken)):
        if after > at and first < end:
            yield from _aligned(at, first)
            at = max(at, after)
    yield from _aligned(at, end)


def _aligned(start: int, end: int) -> Iterator[Span]:
    """A span cut into the largest pieces that are subnets."""
    while start < end:
        size = 1 << ((end - start).bit_length() - 1)
        if start:
            size = min(size, start & -start)
        yield start, start + size
        start += size
