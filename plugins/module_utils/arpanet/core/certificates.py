"""Which certificates of a node end before something renews them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import consul_config, mends
from .findings import Finding

_SWARM = "/var/lib/docker/swarm/certificates"


@dataclass(frozen=True)
class Kind:
    """A certificate: less than this `share` of its time left means that it was not renewed, or has to be by hand.

    `cause` and `mend` may name the {node}; `ended` mends one that has ended, where that is something else.
    `shared` ones are the same on every node.
    """

    path: str
    what: str
    share: float
    cause: str
    mend: str
    ended: str = ""
    shared: bool = False


# Consul gives its clients theirs, in memory. site.yml renews a server's when a fifth of its time is left, and the
# engine a node's after half of it.
KINDS = (
    Kind(
        consul_config.CERTIFICATE,
        "the certificate of Consul's server",
        0.1,
        "site.yml renews it in its last year, and has not been run on {node} since",
        mends.play("site"),
    ),
    Kind(
        consul_config.CA,
        "the certificate of Consul's CA",
        0.1,
        "nothing renews it by itself",
        mends.play("rotate_keys", what="consul_ca"),
        shared=True,
    ),
    Kind(
        f"{_SWARM}/swarm-node.crt",
        "the swarm's certificate",
        0.15,
        "the engine renews it after half of its time, and has not: no manager answers it, or a clock is wrong",
        f"{mends.journal('{node}', 'docker')} says why; {mends.play('rotate_keys', what='ca')} has all made anew",
        # Nobody lets a node in that comes with this one.
        f"{mends.play('leave', node='{node}')}, then {mends.play('site', limit='{host}')}",
    ),
    Kind(
        f"{_SWARM}/swarm-root-ca.crt",
        "the swarm's root certificate",
        0.05,
        "nothing renews it by itself",
        mends.play("rotate_keys", what="ca"),
        shared=True,
    ),
)
PATHS = tuple(kind.path for kind in KINDS)


def findings(looks: Mapping[str, Mapping[str, Any]], hosts: Mapping[str, str]) -> Iterator[Finding]:
    """Those that come close to their end. A look has `certificates`: path to {days, share} that are left; `hosts` are
    the inventory's names of nodes."""
    for kind in KINDS:
        ending = {
            node: look["certificates"][kind.path]
            for node, look in sorted(looks.items())
            if kind.path in look.get("certificates", {}) and look["certificates"][kind.path]["share"] < kind.share
        }
        for nodes, left in _told(ending, kind.shared):
            ends = f"ends in {_days(left['days'])}" if left["days"] >= 0 else "has ended"
            where = ", ".join(nodes)
            mend = (left["days"] < 0 and kind.ended) or kind.mend
            yield Finding(
                f"{kind.what} {ends} ({where})",
                kind.cause.format(node=where),
                mend.format(node=where, host=hosts.get(where, where)),
                subject=kind.what if kind.shared else f"{kind.what} ({where})",
            )


def _told(ending: Mapping[str, Mapping[str, Any]], shared: bool) -> Iterable[tuple[Collection[str], Mapping[str, Any]]]:
    if not shared:
        return [([node], left) for node, left in ending.items()]
    return [(list(ending), min(ending.values(), key=lambda left: float(left["days"])))] if ending else []


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
