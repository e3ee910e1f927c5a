"""Subnets in Consul: allocate and release by compare-and-swap.

One transaction changes the owner's record and the block (or blocks) that its subnet lies in, so
a controller that dies at any point leaves both or neither. Reading one block is enough to
allocate, which is why the cost does not grow with the number of deployments.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from ipaddress import IPv4Network

from ..core import names
from ..core.subnets import MOST_BLOCKS, Clash, Pool, Request, SubnetError, place, probe_order, relevant
from .consul import Consul, Op

# Each lost race means that somebody else has won one, so this many in a row is a broken Consul.
_ATTEMPTS = 200


class SubnetStore:
    """The subnets of one pool."""

    def __init__(self, consul: Consul, pool: Pool) -> None:
        self._consul = consul
        self._root = f"{names.KV_ROOT}subnets/{pool.name}"
        self._pool_key = f"{names.KV_ROOT}pools/{pool.name}"
        self.pool = pool

    def owned(self, deployment: str) -> dict[str, IPv4Network]:
        """Networks of a deployment and their subnets."""
        prefix = f"{self._root}/owners/{deployment}/"
        return {
            key[len(prefix) :]: IPv4Network(entry.value["subnet"]) for key, entry in self._consul.list(prefix).items()
        }

    def nodes(self) -> int:
        """How many nodes have reported; at least one."""
        return max(1, len(self._consul.list(names.NODES_PREFIX)))

    def node_networks(self) -> list[Clash]:
        """What the nodes' agents say is in use on their nodes."""
        return [
            Clash(str(entry.value.get("node", key)), name, IPv4Network(cidr, strict=False))
            for key, entry in self._consul.list(names.NODES_PREFIX).items()
            for name, cidr in (entry.value.get("networks") or {}).items()
        ]

    def plan(self, request: Request) -> IPv4Network:
        """The subnet that `allocate` would give now; nothing is written."""
        held = self._held(request)
        if held is not None:
            return held
        subnet, _ = self._find(request, self._clashes())
        return subnet

    def allocate(self, request: Request) -> IPv4Network:
        """The owner's subnet: the one it has, or a free one that is now its own."""
        self._declare_pool()
        clashes = self._clashes()
        for attempt in range(_ATTEMPTS):
            held = self._held(request)
            if held is not None:
                return held
            subnet, ops = self._find(request, clashes)
            owner = Op("set", self._owner_key(request.owner), 0, {"subnet": str(subnet)})
            if self._consul.commit([*ops, owner]):
                return subnet
            # Random, so that controllers that collided do not do it again together.
            time.sleep(random.uniform(0, 0.005 * min(attempt + 1, 20)))
        raise SubnetError(f"subnet for {request.owner}: lost {_ATTEMPTS} races for a block; is Consul healthy?")

    def release(self, owner: str) -> IPv4Network | None:
        """Give an owner's subnet back; None when it had none."""
        for attempt in range(_ATTEMPTS):
            entry = self._consul.get(self._owner_key(owner))
            if not entry.index:
                return None
            subnet = IPv4Network(entry.value["subnet"])
            ops = [Op("delete", self._owner_key(owner), entry.index)]
            for index in self._blocks_of(subnet):
                block = self._consul.get(self._block_key(index))
                rest = {cidr: who for cidr, who in block.value.items() if cidr != str(subnet)}
                if len(rest) < len(block.value):
                    ops.append(Op("set" if rest else "delete", self._block_key(index), block.index, rest))
            if self._consul.commit(ops):
                return subnet
            time.sleep(random.uniform(0, 0.005 * min(attempt + 1, 20)))
        raise SubnetError(f"subnet of {owner}: lost {_ATTEMPTS} races for a block; is Consul healthy?")

    def _declare_pool(self) -> None:
        """Write the pool down at its first use; refuse to use its name for another range."""
        wanted = {"cidr": str(self.pool.network), "block": self.pool.block}
        entry = self._consul.get(self._pool_key)
        if not entry.index:
            self._consul.commit([Op("set", self._pool_key, 0, wanted)])
            entry = self._consul.get(self._pool_key)
        if entry.value != wanted:
            raise SubnetError(
                f"pool {self.pool.name!r} is {entry.value.get('cidr')} in this cluster, not {self.pool.network}: "
                "use that range, or another pool name"
            )

    def _clashes(self) -> list[Clash]:
        return relevant(self.node_networks(), self.pool)

    def _held(self, request: Request) -> IPv4Network | None:
        entry = self._consul.get(self._owner_key(request.owner))
        return IPv4Network(entry.value["subnet"]) if entry.index else None

    def _find(self, request: Request, clashes: list[Clash]) -> tuple[IPv4Network, list[Op]]:
        search = self._in_one_block if request.prefix >= self.pool.block else self._in_whole_blocks
        for found in search(request, [clash.network for clash in clashes]):
            return found
        raise SubnetError(
            f"pool {self.pool.name!r} ({self.pool.network}) has no free /{request.prefix} for {request.owner}: "
            f"remove a deployment, ask for less with -e subnet_size=, or use a larger pool"
            + (f"; nodes use {', '.join(map(str, clashes))}" if clashes else "")
        )

    def _in_one_block(self, request: Request, avoid: list[IPv4Network]) -> Iterator[tuple[IPv4Network, list[Op]]]:
        for index in probe_order(self.pool, request.owner):
            entry = self._consul.get(self._block_key(index))
            taken = [*map(IPv4Network, entry.value), *avoid]
            subnet = place(self.pool.block_at(index), taken, request.prefix)
            if subnet is not None:
                value = {**entry.value, str(subnet): request.owner}
                yield subnet, [Op("set", self._block_key(index), entry.index, value)]

    def _in_whole_blocks(self, request: Request, avoid: list[IPv4Network]) -> Iterator[tuple[IPv4Network, list[Op]]]:
        count = 1 << (self.pool.block - request.prefix)
        if count > MOST_BLOCKS or request.prefix < self.pool.network.prefixlen:
            raise SubnetError(f"a /{request.prefix} is more than pool {self.pool.name!r} hands out at once")
        # From the far end, where small ones are rare only while the pool is; still: all are tried.
        for subnet in reversed(list(self.pool.network.subnets(new_prefix=request.prefix))):
            if any(subnet.overlaps(used) for used in avoid):
                continue
            entries = [(index, self._consul.get(self._block_key(index))) for index in self._blocks_of(subnet)]
            if any(entry.value for _, entry in entries):
                continue
            value = {str(subnet): request.owner}
            yield subnet, [Op("set", self._block_key(index), entry.index, value) for index, entry in entries]

    def _blocks_of(self, subnet: IPv4Network) -> range:
        size = 1 << (32 - self.pool.block)
        first = (int(subnet.network_address) - int(self.pool.network.network_address)) // size
        return range(first, first + max(1, subnet.num_addresses // size))

    def _block_key(self, index: int) -> str:
        return f"{self._root}/blocks/{str(self.pool.block_at(index)).replace('/', '-')}"

    def _owner_key(self, owner: str) -> str:
        return f"{self._root}/owners/{owner}"
