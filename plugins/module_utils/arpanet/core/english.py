"""Numbers and lists as sentences have them."""

from __future__ import annotations

from collections.abc import Sequence

_FEW = 3


def counted(number: int, noun: str) -> str:
    """`1 node`, `3 nodes`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def few(reasons: Sequence[str]) -> str:
    """The first of them; five hundred waiting instances have no more to say than three."""
    more = f"; and {len(reasons) - _FEW} more" if len(reasons) > _FEW else ""
    return "; ".join(reasons[:_FEW]) + more


def are(nodes: Sequence[str]) -> str:
    """`node1 is`, `node1, node2 are`."""
    return f"{listed(nodes)} {'is' if len(nodes) == 1 else 'are'}"


def listed(nodes: Sequence[str]) -> str:
    """`node1, node2`."""
    return ", ".join(nodes)
