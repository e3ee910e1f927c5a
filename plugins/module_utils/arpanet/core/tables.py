"""Rows of words as text in aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_GAP = "  "


def table(head: Sequence[str], rows: Iterable[Sequence[object]], indent: int = 0) -> str:
    """A head line and a line for each row, every column as wide as its widest cell."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = (_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(f"{' ' * indent}{line}".rstrip() for line in lines)
