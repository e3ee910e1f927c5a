"""Explicit addresses of a deployment's network in Consul, by compare-and-swap.

One key holds all of a network's, by owner; the lease of each is written and deleted in the same
transaction, so both agree wherever a controller dies. Such a lease names no node: no agent
touches it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..core import generations, names
from ..core.addresses import MOST_ADDRESSES, Address, check_owner, choose, parse
from ..core.sizing import SubnetError
from .consul import ABSENT, Consul, Entry, Op, Value
from .races import until_won

_BATCH = 60  # leases that fit into one transaction, with its conditions


@dataclass(frozen=True)
class Change:
    """What a call finds and leads to."""

    before: Address | None
    after: Address | None
    ops: tuple[Op, ...] = ()


def networks_of(consul: Consul, deployment: str, network: str) -> list[str]:
    """What Consul calls a network of a deployment, newest first: more than one while it moves."""
    prefix = names.subnet_owners_prefix(deployment)
    found = generations.generations((key.removeprefix(prefix) for key in consul.keys(prefix)), network)
    return found[::-1]


class AddressStore:
    """The explicit addresses of one network of a deployment."""

    def __init__(self, consul: Consul, deployment: str, network: str) -> None:
        self._consul = consul
        self._deployment = deployment
        self._network = network
        self._key = names.addresses_key(deployment, network)

    def all(self) -> dict[str, Address]:
        """Owners and their addresses."""
        return _parsed(self._consul.get(self._key))

    def present(self, owner: str, service: str | None, address: IPv4Address | None, check: bool = False) -> Change:
        """Let an owner have an address: the one asked for, or the one it has, or the first free one."""
        check_owner(owner)
        return self._change(lambda: self._plan_present(owner, service, address), check)

    def absent(self, owner: str, check: bool = False) -> Change:
        """Take an owner's address back; it need not have one."""
        return self._change(lambda: self._plan_absent(owner), check)

    def clear(self, unless: Op) -> bool:
        """Take all of them back under a condition. False when it fails, or somebody else was faster."""
        while (entry := self._consul.get(self._key)).index:
            batch, rest = _split(entry.value)
            ops = [unless, Op("set" if rest else "delete", self._key, entry.index, rest)]
            keys = [self._lease_key(parse(owner, value)) for owner, value in batch.items()]
            found = self._consul.snapshot(keys) if keys else {}
            ops += [Op("delete", key, found[key].index) for key in keys if key in found]
            if not self._consul.commit(ops):
                return False
        return True

    def _change(self, plan: Callable[[], Change], check: bool) -> Change:
        def attempt(_number: int) -> Change | None:
            change = plan()
            return change if check or not change.ops or self._consul.commit(change.ops) else None

        return until_won(attempt, f"addresses in {self._where}")

    def _plan_present(self, owner: str, service: str | None, wanted: IPv4Address | None) -> Change:
        subnet_key = names.subnet_owner_key(f"{self._deployment}/{self._network}")
        prefix = names.leases_prefix(self._deployment)
        entries = self._consul.snapshot([subnet_key, self._key, prefix])
        if subnet_key not in entries:
            raise SubnetError(
                f"{self._where} has no subnet: deploy it first, or name one of its networks (status.yml shows them)"
            )
        subnet = IPv4Network(entries[subnet_key].value["subnet"])
        entry = entries.get(self._key, ABSENT)
        before = _parsed(entry).get(owner)
        # An address of a subnet that the network no longer has leads nowhere.
        kept = before.address if before and before.address in subnet else None
        if kept is None or wanted not in (None, kept):
            leases = {IPv4Address(k.removeprefix(prefix)): v.value for k, v in entries.items() if k.startswith(prefix)}
            kept = self._choose(owner, subnet, wanted, leases)
        after = Address(kept, owner, service or (before.service if before else owner))
        key = self._lease_key(after)
        if after == before and entries.get(key, ABSENT).value == self._lease(after):
            return Change(before, after)
        if before is None and len(entry.value) >= MOST_ADDRESSES:
            raise SubnetError(f"{self._where} has {MOST_ADDRESSES} explicit addresses, which is the most it can have")
        ops = [
            Op("check", subnet_key, entries[subnet_key].index),
            Op("set", self._key, entry.index, {**entry.value, owner: after.as_value()}),
            Op("set", key, entries.get(key, ABSENT).index, self._lease(after)),
        ]
        if before is not None and before.address != after.address:
            old_key = self._lease_key(before)
            old = entries.get(old_key, ABSENT)
            if old.value.get("owner") == owner:
                ops.append(Op("delete", old_key, old.index))
        return Change(before, after, tuple(ops))

    def _choose(
        self, owner: str, subnet: IPv4Network, wanted: IPv4Address | None, taken: dict[IPv4Address, Value]
    ) -> IPv4Address:
        try:
            return choose(subnet, taken, wanted)
        except SubnetError as error:
            holder = taken.get(wanted, {}) if wanted else {}
            name = holder.get("owner") or holder.get("instance")
            by = f" by {name}" if name else ""
            raise SubnetError(f"address of {owner} in {self._where}: {error}{by}") from error

    def _plan_absent(self, owner: str) -> Change:
        entry = self._consul.get(self._key)
        before = _parsed(entry).get(owner)
        if before is None:
            return Change(None, None)
        rest = {name: value for name, value in entry.value.items() if name != owner}
        lease_key = self._lease_key(before)
        lease = self._consul.get(lease_key)
        ops = [Op("set" if rest else "delete", self._key, entry.index, rest)]
        if lease.index:
            ops.append(Op("delete", lease_key, lease.index))
        return Change(before, None, tuple(ops))

    @property
    def _where(self) -> str:
        return f"network {self._network} of deployment {self._deployment}"

    def _lease_key(self, address: Address) -> str:
        return names.lease_key(self._deployment, str(address.address))

    def _lease(self, address: Address) -> Value:
        return {
            "deployment": self._deployment,
            "network": names.swarm_name(self._deployment, self._network),
            "owner": address.owner,
            "service": address.service,
        }


def _parsed(entry: Entry) -> dict[str, Address]:
    return {owner: parse(owner, value) for owner, value in entry.value.items()}


def _split(value: Value) -> tuple[Value, Value]:
    items = [*value.items()]
    return dict(items[:_BATCH]), dict(items[_BATCH:])
