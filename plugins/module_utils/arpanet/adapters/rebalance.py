"""Evening out what nodes carry: read, put back what was broken off, plan, apply."""

from __future__ import annotations

from typing import Any

from ..core.rebalance import plan, text
from .elections import patiently
from .surge import Surge


class RebalanceError(Exception):
    """Nothing can be moved; the message says why, and what to do."""


def rebalance(surge: Surge, deployment: str, check: bool) -> tuple[dict[str, Any], list[str]]:
    """Move as few instances as even things out, of one deployment or of all.

    :returns: {changed, text, moves}, and why moves were not made.
    :raises RebalanceError: there is no such deployment.
    :raises Locked: somebody else works on a deployment that a move was broken off in.
    """
    engine = surge.engine
    services = patiently(lambda: engine.services(deployment or None))
    if deployment and not services:
        raise RebalanceError(f"there is no deployment {deployment} here; status.yml lists them")
    nodes = {node["ID"]: node for node in patiently(engine.nodes)}
    back = [
        f"~ service {name} (may run on every node again: a move of its instances was broken off)"
        for name in sorted(surge.unfinished(deployment=deployment))
    ]
    if not check:
        for line in back:
            surge.tell(line)
        surge.tidy(deployment=deployment)
    shifts = plan(services, patiently(engine.all_tasks), nodes)
    lines = text(shifts, nodes)
    reasons: list[str] = []
    if not check:
        for line in lines:
            surge.tell(line)
        for source in dict.fromkeys(shift.node for shift in shifts):
            reasons += surge.move([shift.move for shift in shifts if shift.node == source], source)
    result = {
        "changed": bool(back or shifts),
        "text": "\n".join([*back, *lines] or ["all is even"]),
        "moves": [{"service": shift.move.service, "count": shift.move.count, "to": list(shift.to)} for shift in shifts],
    }
    return result, reasons
