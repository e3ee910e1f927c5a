"""The key of a gossip, changed while it is in use: pure, one step after the other.

Every member has a ring of keys, reads with all of them and writes with one. So the new key is given to
all, then all write with it, then the managers' files follow, and only then the old one goes. Each step may
be done twice, and after an interruption at any point the next run finds where it was: the new key lies
beside the old one (`serf.next`) from before the first step until after the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RotationError(Exception):
    """The ring is in a state in which no key may be changed; the message says why and what to do."""


@dataclass(frozen=True)
class Ring:
    """What the members have: keys with the number of members that have each, of `members` in all.

    `primary` are the keys that are written with; empty where that cannot be asked for (Serf).
    """

    members: int
    keys: Mapping[str, int]
    primary: Mapping[str, int] | None = None
    errors: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Step:
    """`install`, `use` or `remove` a key."""

    verb: str
    key: str

    def __repr__(self) -> str:
        return f"Step({self.verb!r}, …)"


def before(ring: Ring, key: str) -> list[Step]:
    """What has to be done before the new key is kept."""
    check(ring)
    steps = []
    if ring.keys.get(key, 0) < ring.members:
        steps.append(Step("install", key))
    if ring.primary is None or ring.primary.get(key, 0) < ring.members:
        steps.append(Step("use", key))
    return steps


def after(ring: Ring, key: str) -> list[Step]:
    """What has to be done once it is kept everywhere: other keys go."""
    check(ring)
    if ring.keys.get(key, 0) < ring.members or (ring.primary is not None and ring.primary.get(key, 0) < ring.members):
        raise RotationError("not every member writes with the new key; run rotate_keys.yml again")
    return [Step("remove", other) for other in sorted(ring.keys) if other != key]


def check(ring: Ring) -> None:
    """A member that cannot be told would be left out for good."""
    if ring.errors:
        said = "; ".join(f"{node}: {why}" for node, why in sorted(ring.errors.items()))
        raise RotationError(f"not every member could say which keys it has ({said}); nothing was changed")


def consul(answer: list[Mapping[str, Any]]) -> Ring:
    """From Consul's `GET /v1/operator/keyring`: the ring of the datacenter (the WAN has none here)."""
    rings = [one for one in answer if not one.get("WAN") and not one.get("Segment")]
    if not rings:
        raise RotationError("Consul knows no keys: its gossip is not encrypted")
    (ring,) = rings[:1]
    return Ring(
        int(ring["NumNodes"]),
        dict(ring.get("Keys") or {}),
        # Since 1.8; null when nobody said.
        dict(ring["PrimaryKeys"]) if ring.get("PrimaryKeys") else None,
        dict(ring.get("Messages") or {}) or None,
    )
