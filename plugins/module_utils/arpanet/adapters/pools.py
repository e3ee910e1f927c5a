"""Pools in Consul: which range a name means in this cluster, and changing it in place."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

from ..core import names
from ..core.subnets import DEFAULT_POOL, DEFAULT_RANGE, Pool, SubnetError, check_resize, parse_pool, pool_of_record
from .consul import Consul, Op
from .races import until_won
from .subnets import subnet_of

_Change = tuple[Pool | None, Pool]


class PoolStore:
    """The pools of the cluster."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul

    def declare(
        self, name: str, cidr: str | None = None, within: Sequence[str] | None = None, check: bool = False
    ) -> _Change:
        """Write a pool down, before and after. What is not given stays as it is.

        :raises SubnetError: the range would leave out a subnet of the pool, or was never given.
        """
        return until_won(lambda _number: self._try(name, cidr, within, check), f"pool {name!r}")

    def _try(self, name: str, cidr: str | None, within: Sequence[str] | None, check: bool) -> _Change | None:
        key = names.pool_key(name)
        entry = self._consul.get(key)
        before = pool_of_record(name, entry.value) if entry.index else None
        if cidr is None and before is None and name != DEFAULT_POOL:
            raise SubnetError(f"there is no pool {name!r} yet: say which range it has, with -e pool_cidr=RANGE")
        after = parse_pool(
            name,
            cidr or (str(before.network) if before else DEFAULT_RANGE),
            [str(route) for route in before.within] if within is None and before else within or (),
        )
        if after == before:
            return before, after
        if before is not None and not before.network.subnet_of(after.network):
            check_resize(before, after, self._held(name))
        # A subnet that is taken from the old range meanwhile stays valid: blocks know no pools.
        if not check and not self._consul.commit([Op("set", key, entry.index, after.as_value())]):
            return None
        return before, after

    def _held(self, name: str) -> dict[str, IPv4Network]:
        return {
            key.removeprefix(names.OWNERS_PREFIX): subnet_of(key, entry)
            for key, entry in self._consul.list(names.OWNERS_PREFIX).items()
            if entry.value.get("pool") == name
        }
