"""Whether what is written down of subnets agrees: each owner's subnet is marked in its block, and nobody else's.

Both are keys in Consul (docs/subnets.md), written together; who writes by hand may write one alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from . import mends, names
from .findings import Finding
from .ledger import Ledger
from .subnets import DEFAULT_POOL, blocks_of


def findings(ledger: Ledger) -> Iterator[Finding]:
    """Subnets whose owner and whose block disagree, and those that a node uses otherwise."""
    by_cidr = {cidr: owner for owner, cidr in ledger.owners.items()}
    for owner, cidr in sorted(ledger.owners.items()):
        if ledger.blocks.get(cidr) != owner:
            yield Finding(
                f"subnet {cidr} of {owner} is not marked as taken",
                "somebody wrote below arpanet/subnets by hand",
                _mark(ledger, cidr, owner),
                deployment=_deployment(owner),
            )
    lost = _lost(ledger)
    for owner, cidr in sorted(lost.items()):
        yield Finding(
            f"subnet {cidr} is used by {owner}, which no key says",
            f"somebody deleted {names.subnet_owner_key(owner)}; without it others may be given the range",
            _own(ledger, cidr, owner),
            deployment=_deployment(owner),
        )
    for cidr, owner in sorted(ledger.blocks.items()):
        if by_cidr.get(cidr) != owner and lost.get(owner) != cidr:
            yield Finding(
                f"subnet {cidr} is marked as taken by {owner}, which has {ledger.owners.get(owner, 'none')}",
                "somebody wrote below arpanet/subnets by hand",
                _unmark(ledger, cidr),
                deployment=_deployment(owner),
                subject=f"subnet {cidr} is marked as taken by {owner}",
            )
    for owner, cidr in sorted(ledger.owners.items()):
        for node, value in sorted(ledger.nodes.items()):
            for name, used in sorted((value.get("networks") or {}).items()):
                if _overlap(cidr, used):
                    yield Finding(
                        f"subnet {cidr} of {owner} overlaps {used} ({name} on {node})",
                        f"{node} got that network after the subnet was taken",
                        f"`ip route show {used}` and `docker network ls` on {node} show it: take it away there, "
                        f"or move the deployment: {mends.anew(_deployment(owner))}",
                        deployment=_deployment(owner),
                    )


def _parts(owner: str) -> tuple[str, str]:
    """Deployment and network."""
    deployment, _, network = owner.partition("/")
    return deployment, network


def _deployment(owner: str) -> str:
    return _parts(owner)[0]


def _lost(ledger: Ledger) -> dict[str, str]:
    """Owners that have no key, and their subnets, as networks that services are on and records have them."""
    useless = {key.removeprefix(names.OWNERS_PREFIX) for key in ledger.illegible if key.startswith(names.OWNERS_PREFIX)}
    known = {*ledger.owners, *useless}
    # In Swarm's names dots are dashes: whose a network is, is said by whatever else names the owner.
    owners = {names.swarm_name(*_parts(owner)): owner for owner in (*ledger.blocks.values(), *ledger.recorded, *known)}
    found = dict(ledger.recorded)
    for thing in ledger.things:
        deployment, name = thing["deployment"], thing["name"]
        owner = owners.get(name, f"{deployment}/{name.removeprefix(names.swarm_name(deployment, ''))}")
        subnets = [cidr for cidr in thing["subnets"] if _overlap(cidr, cidr)]
        if thing["kind"] == "network" and thing["used"] and subnets:
            found[owner] = subnets[0]
    return {owner: cidr for owner, cidr in found.items() if owner not in known}


def _own(ledger: Ledger, cidr: str, owner: str) -> str:
    """What writes down whose a subnet is, unless somebody else may have it by now."""
    pools = {name for name, within in ledger.pools.items() if _overlap(cidr, within)}
    # Which one of several it was taken from only says in whose way it is when that is made smaller.
    pool = DEFAULT_POOL if DEFAULT_POOL in pools else min(pools, default=DEFAULT_POOL)
    write = mends.write(names.subnet_owner_key(owner), {"subnet": cidr, "pool": pool})
    if ledger.blocks.get(cidr) == owner:
        return f"{write}, while nobody deploys"
    taken = [other for other in (*ledger.owners.values(), *ledger.blocks) if _overlap(cidr, other)]
    return mends.anew(_deployment(owner)) if taken else f"{write} and {_mark(ledger, cidr, owner)}"


def _overlap(one: str, other: str) -> bool:
    """Of two texts, whoever wrote them; nonsense overlaps nothing."""
    try:
        return IPv4Network(one).overlaps(IPv4Network(other))
    except ValueError:
        return False


def _mark(ledger: Ledger, cidr: str, owner: str) -> str:
    """What writes down that a subnet is taken, unless somebody else may have it by now."""
    block = _block(ledger, cidr)
    if block is None or any(_overlap(cidr, other) for other in block[1]):
        return mends.anew(_deployment(owner))
    key, marks = block
    return f"{mends.write(key, {**marks, cidr: owner})}, while nobody deploys"


def _unmark(ledger: Ledger, cidr: str) -> str:
    block = _block(ledger, cidr)
    if block is None:
        return f"{mends.consul('kv get -recurse', names.BLOCKS_PREFIX)} shows the keys that it has to be taken out of"
    key, marks = block
    return (
        f"{mends.write(key, {other: owner for other, owner in marks.items() if other != cidr})}, while nobody deploys"
    )


def _block(ledger: Ledger, cidr: str) -> tuple[str, dict[str, str]] | None:
    """The key and the marks of the block that a subnet lies in; None of several, or where somebody wrote nonsense."""
    try:
        blocks = blocks_of(IPv4Network(cidr))
        marks = {other: owner for other, owner in ledger.blocks.items() if IPv4Network(other).overlaps(blocks[0])}
    except ValueError:
        return None
    return (names.subnet_block_key(blocks[0]), marks) if len(blocks) == 1 else None
