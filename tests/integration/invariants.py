"""What must hold of subnets and explicit addresses at every moment, read from Consul as it is."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ABSENT, Consul, Entry
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import reserved_range
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import blocks_of


def owners(consul: Consul) -> dict[str, IPv4Network]:
    return _owners(consul.list(names.OWNERS_PREFIX))


def _owners(entries: dict[str, Entry]) -> dict[str, IPv4Network]:
    return {
        key.removeprefix(names.OWNERS_PREFIX): IPv4Network(entry.value["subnet"])
        for key, entry in entries.items()
        if key.startswith(names.OWNERS_PREFIX)
    }


def broken_subnets(consul: Consul, pool: IPv4Network, in_use: tuple[IPv4Network, ...] = ()) -> list[str]:
    """Everything that is wrong with the subnets; empty when nothing is."""
    return list(_broken_subnets(consul, pool, in_use))


def _broken_subnets(consul: Consul, pool: IPv4Network, in_use: tuple[IPv4Network, ...]) -> Iterator[str]:
    # In one request: what a killed controller has sent may take effect between two.
    entries = consul.list(names.SUBNETS_PREFIX)
    held = _owners(entries)
    blocks = {
        IPv4Network(names.block_of_key(key)): entry.value
        for key, entry in entries.items()
        if key.startswith(names.BLOCKS_PREFIX)
    }
    ordered = sorted(held.items(), key=lambda item: item[1])
    yield from (f"{one} and {two} overlap" for one, two in pairwise(ordered) if one[1].overlaps(two[1]))
    for owner, subnet in held.items():
        if not subnet.subnet_of(pool):
            yield f"{owner} has {subnet}, outside the pool"
        yield from (f"{owner} has {subnet}, a node uses {used}" for used in in_use if used.overlaps(subnet))
        yield from (
            f"{owner} has {subnet}, block {block} does not know it"
            for block in blocks_of(subnet)
            if blocks.get(block, {}).get(str(subnet)) != owner
        )
    for block, known in blocks.items():
        if not known:
            yield f"block {block} is empty and has a key"
        for cidr, owner in known.items():
            if held.get(owner) != IPv4Network(cidr):
                yield f"block {block} gives {cidr} to {owner}, who has {held.get(owner)}: leaked"
            if block not in blocks_of(IPv4Network(cidr)):
                yield f"block {block} knows {cidr}, which lies elsewhere"


def broken_addresses(consul: Consul, deployment: str, network: str, subnet: IPv4Network) -> list[str]:
    """Everything that is wrong with a network's explicit addresses; empty when nothing is."""
    entries = consul.list(f"{names.deployment_key(deployment)}/")
    known = entries.get(names.addresses_key(deployment, network), ABSENT)
    prefix = names.leases_prefix(deployment)
    leases = {
        key.removeprefix(prefix): entry.value["owner"] for key, entry in entries.items() if key.startswith(prefix)
    }
    given = {value["address"]: owner for owner, value in known.value.items()}
    found = []
    if leases != given:
        found.append(f"leases {leases} are not the addresses {given}")
    if len(given) != len(known.value):
        found.append(f"an address was given twice: {known.value}")
    quarter = [*reserved_range(subnet)][2:]
    found += [f"{address} is not for owners" for address in given if IPv4Address(address) not in quarter]
    if known.index and not known.value:
        found.append("no address is given, and there is a key")
    return found
