"""Subnets in Consul: allocate and release by compare-and-swap.

One transaction changes the owner's record and the block (or blocks) that its subnet lies in, so
a controller that dies at any point leaves both or neither. One read of a few blocks is enough to
allocate, which is why the cost does not grow with the number of deployments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from ..core import names
from ..core.subnets import (
    BLOCK,
    LARGEST_PREFIX,
    Clash,
    Pool,
    Request,
    SubnetError,
    blocks_of,
    describe_full,
    place,
    probe_order,
    probes,
    relevant,
)
from .addresses import AddressStore
from .consul import ABSENT, Consul, Entry, Op
from .races import until_won

_Entries = Mapping[str, Entry]
# A subnet and the blocks it lies in, as they were read.
_Found = tuple[IPv4Network, dict[str, Entry]]

# Reading more blocks than this at once is reading all.
_MOST_READS = 64


@dataclass(frozen=True)
class View:
    """What Consul said at one moment: a deployment's subnets, how many nodes have reported (at
    least one), and what they use."""

    owned: dict[str, IPv4Network]
    nodes: int
    in_use: list[Clash]


class SubnetStore:
    """The subnets of all deployments; new ones are taken from one pool."""

    def __init__(self, consul: Consul, pool: Pool) -> None:
        self._consul = consul
        self.pool = pool

    def view(self, deployment: str) -> View:
        """Everything that one deployment's subnets depend on, read at once."""
        prefix = names.subnet_owners_prefix(deployment)
        entries = self._consul.snapshot([prefix, names.NODES_PREFIX])
        owned = {
            key.removeprefix(prefix): subnet_of(key, entry) for key, entry in entries.items() if key.startswith(prefix)
        }
        nodes = sum(key.startswith(names.NODES_PREFIX) for key in entries)
        return View(owned, max(1, nodes), _in_use(entries))

    def owned(self, deployment: str) -> dict[str, IPv4Network]:
        """Networks of a deployment and their subnets."""
        return self.view(deployment).owned

    def plan(self, request: Request, promised: Iterable[IPv4Network] = ()) -> IPv4Network:
        """The subnet that `allocate` would give now, had others been given already; nothing is written."""
        subnet, _ = self._find(request, 0, promised)
        return subnet

    def allocate(self, request: Request) -> IPv4Network:
        """The owner's subnet: the one it has, or a free one that is now its own.

        :raises SubnetError: there is none; the message says how full the pool is and what to do.
        """

        def attempt(number: int) -> tuple[IPv4Network] | None:
            subnet, ops = self._find(request, number)
            return (subnet,) if not ops or self._consul.commit(ops) else None

        return until_won(attempt, f"subnet for {request.owner}")[0]

    def release(self, owner: str) -> IPv4Network | None:
        """Give an owner's subnet back, and the explicit addresses in it; None when it had none.

        :raises SubnetError: the owner's deployment exists and has this network.
        """
        return until_won(lambda _number: self._try_release(owner), f"subnet of {owner}")[0]

    def _try_release(self, owner: str) -> tuple[IPv4Network | None] | None:
        """What was released, in a tuple; None when somebody else changed something meanwhile."""
        deployment, _, network = owner.partition("/")
        owner_key, record_key = names.subnet_owner_key(owner), names.deployment_key(deployment)
        held = self._consul.get(owner_key)
        if not held.index:
            return (None,)
        subnet = subnet_of(owner_key, held)
        record = self._consul.get(record_key)
        if network in (record.value.get("networks") or {}):
            raise SubnetError(
                f"subnet {subnet} of {owner} is in use: deployment {deployment} exists, so it was deployed again "
                f"meanwhile. If it has to go, run remove.yml -e deployment={deployment}"
            )
        # Whoever deploys it writes the record first, and then this transaction fails.
        unused = Op("check", record_key, record.index)
        if not AddressStore(self._consul, deployment, network).clear(unused):
            return None
        blocks = self._read([names.subnet_block_key(block) for block in blocks_of(subnet)])
        ops = [unused, Op("check", names.addresses_key(deployment, network), 0)]
        ops.append(Op("delete", owner_key, held.index))
        for key, entry in blocks.items():
            # By owner: if somebody else has released it first, the range may be another one's by now.
            rest = {cidr: who for cidr, who in entry.value.items() if (cidr, who) != (str(subnet), owner)}
            if len(rest) < len(entry.value):
                ops.append(Op("set" if rest else "delete", key, entry.index, rest))
        return (subnet,) if self._consul.commit(ops) else None

    def _find(
        self, request: Request, attempt: int, promised: Iterable[IPv4Network] = ()
    ) -> tuple[IPv4Network, list[Op]]:
        """The owner's subnet and the steps that make it so: none when it has it already."""
        if request.prefix < LARGEST_PREFIX:
            raise SubnetError(
                f"{request.owner}: a /{request.prefix} is too large, one network can have a /{LARGEST_PREFIX} at most"
            )
        owner_key = names.subnet_owner_key(request.owner)
        small = request.prefix >= BLOCK
        near = list(probes(self.pool, request.owner, attempt)) if small else []
        entries = self._consul.snapshot([owner_key, names.NODES_PREFIX, *map(names.subnet_block_key, near)])
        if owner_key in entries:
            return subnet_of(owner_key, entries[owner_key]), []
        clashes = relevant(_in_use(entries), self.pool)
        avoid = {clash.network for clash in clashes} | {*promised}
        if small:
            found = self._in_one_block(request, near, entries, avoid) or self._in_any_block(request, attempt, avoid)
        else:
            found = self._in_whole_blocks(request, avoid)
        if found is None:
            raise SubnetError(describe_full(self.pool, request, self._taken(), clashes))
        subnet, blocks = found
        ops = [
            Op("set", key, entry.index, {**entry.value, str(subnet): request.owner}) for key, entry in blocks.items()
        ]
        owner = Op("set", owner_key, 0, {"subnet": str(subnet), "pool": self.pool.name})
        return subnet, [owner, *ops]

    def _in_one_block(
        self, request: Request, blocks: Iterable[IPv4Network], entries: _Entries, avoid: Iterable[IPv4Network]
    ) -> _Found | None:
        for block in blocks:
            key = names.subnet_block_key(block)
            entry = entries.get(key, ABSENT)
            subnet = place(self.pool.part(block), [*entry.value, *avoid], request.prefix)
            if subnet is not None:
                return subnet, {key: entry}
        return None

    def _in_any_block(self, request: Request, attempt: int, avoid: Iterable[IPv4Network]) -> _Found | None:
        order = probe_order(self.pool, request.owner, attempt)
        return self._in_one_block(request, order, self._blocks(), avoid)

    def _in_whole_blocks(self, request: Request, avoid: Iterable[IPv4Network]) -> _Found | None:
        # From the far end: small ones fill the pool from its start. A block in use has a key.
        used = map(names.block_of_key, self._consul.keys(names.BLOCKS_PREFIX))
        subnet = place(self.pool.network, [*used, *avoid], request.prefix, last=True)
        if subnet is None:
            return None
        return subnet, {names.subnet_block_key(block): ABSENT for block in blocks_of(subnet)}

    def _taken(self) -> dict[str, str]:
        """Subnets that overlap the pool, and their owners."""
        found = {cidr: str(owner) for entry in self._blocks().values() for cidr, owner in entry.value.items()}
        return {cidr: owner for cidr, owner in found.items() if IPv4Network(cidr).overlaps(self.pool.network)}

    def _blocks(self) -> _Entries:
        """All blocks of the pool that are in use, and perhaps others."""
        if self.pool.blocks > _MOST_READS:
            return self._consul.list(names.BLOCKS_PREFIX)
        return self._read([names.subnet_block_key(block) for block in map(self.pool.block_at, range(self.pool.blocks))])

    def _read(self, keys: list[str]) -> dict[str, Entry]:
        """The entries of these keys that exist."""
        entries = self._consul.snapshot(keys)
        return {key: entries[key] for key in keys if key in entries}


def _in_use(entries: _Entries) -> list[Clash]:
    """What the nodes' agents say is in use on their nodes."""
    found = []
    for key, entry in entries.items():
        if key.startswith(names.NODES_PREFIX):
            node = str(entry.value.get("node") or key.removeprefix(names.NODES_PREFIX))
            for name, cidr in (entry.value.get("networks") or {}).items():
                try:
                    # An interface's second route has its range in its name.
                    found.append(Clash(node, name.removesuffix(f" {cidr}"), IPv4Network(cidr, strict=False)))
                except ValueError as error:
                    raise SubnetError(f"key {key}: network {name} is {cidr!r}, which is no IPv4 range") from error
    return found


def subnet_of(key: str, entry: Entry) -> IPv4Network:
    """The subnet in an owner's record."""
    try:
        return IPv4Network(entry.value["subnet"])
    except (KeyError, ValueError) as error:
        raise SubnetError(f"key {key} does not hold a subnet: {entry.value}; somebody else wrote it") from error
