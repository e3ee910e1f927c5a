"""The figures of a run: for people as a table, for programs as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .subnets import Row


def at_most(name: str, value: float, limit: float | None = None, unit: str = "s", peer: str = "") -> Row:
    """A figure that should not be larger than its target."""
    target = "" if limit is None else f"≤ {limit:g}"
    return Row(name, value, unit, target, peer, limit is None or value <= limit)


def table(rows: Sequence[Row]) -> str:
    """The rows for people."""
    lines = [["FIGURE", "MEASURED", "TARGET", "PEER", ""]]
    for row in rows:
        verdict = ("ok" if row.good else "MISSED") if row.target else ""
        lines.append([row.name, f"{row.value:.2f} {row.unit}", row.target, row.peer, verdict])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def write(path: Path, rows: Sequence[Row], load: float) -> None:
    """The same for programs. `load` is the machine's before the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    value = {"load_before": load, "figures": [asdict(row) for row in rows]}
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
