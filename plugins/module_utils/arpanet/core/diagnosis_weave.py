"""What the nodes say of their Weave that is not as it should be."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from . import mends, names, weave
from .english import are, few, listed
from .findings import SILENT, Finding, said, subject_of
from .status import Status

_WEAVE = "arpanet-weave"


def findings(status: Status) -> Iterator[Finding]:
    """What nodes that are there say of their Weave."""
    for node, what, cause, mend in _troubles(status):
        yield Finding(what, cause, mend, node=node, subject=subject_of(node, _WEAVE), units=(_WEAVE,))


def _troubles(status: Status) -> Iterator[tuple[str, str, str, str]]:
    """(node, what, cause, mend)."""
    there = {node.name for node in status.nodes if node.swarm == "ready" and node.consul == "alive"}
    for node, told in sorted(status.weave.items()):
        if node not in there:
            continue
        again = f"{mends.service('restart', node, _WEAVE)}; {mends.journal(node, _WEAVE, 'docker')}"
        if not told.get("ready"):
            why = said(told.get("why"), SILENT)
            mend = mends.play("site") if "not installed" in why else f"{again} says more"
            what = f"Weave on {node} is not ready, so that it gets no tasks of Weave's networks"
            yield node, what, why, mend
            continue
        if told.get("failures"):
            what = f"Weave on {node} does not reach all of its peers"
            cause = f"{few([str(one) for one in told['failures']])}: a port is closed, or a password is another"
            mend = (
                "let 6783/tcp, 6783/udp and 6784/udp pass between nodes (`nft list ruleset` shows what does not); "
                f"{mends.play('site')} gives all one password"
            )
            yield node, what, cause, mend
        if told.get("fence") != "on":
            what = f"Weave's networks are not kept apart on {node}"
            yield node, what, said(told.get("fence"), SILENT), f"{again} says more"
        if told.get("lost"):
            what = f"Weave on {node} knows ranges that nobody reaches, of {', '.join(told['lost'])}"
            yield node, what, *_lost(told["lost"], status)


def _lost(peers: Collection[str], status: Status) -> tuple[str, str]:
    """Why nobody reaches these peers, and what to do."""
    known = sorted(name for name in {node.name for node in status.nodes} if weave.peer_name(name) in peers)
    if known:
        gone = "; ".join(mends.play("leave", node=name) for name in known)
        cause = f"{are(known)} down, or without Weave"
        return cause, f"start {listed(known)} again, and arpanet-weave there; when lost for good, {gone}"
    leader = mends.consul("kv get", names.LEADER_KEY)
    return (
        "their nodes have left, and the node whose agent leads has not taken them back yet",
        f"`systemctl restart arpanet-weave` on the node that {leader} names",
    )
