"""What this node's kernel knows without Docker: routes, and which containers have processes."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

PROC = Path("/proc")
_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


def route_table(proc: Path = PROC) -> str:
    """The text of the IPv4 routing table; empty where there is none."""
    try:
        return (proc / "net" / "route").read_text()
    except OSError:
        return ""


def with_processes(containers: Collection[str], proc: Path = PROC) -> set[str]:
    """Those of these containers that have a process, by what control groups processes are in.

    All of them where processes are hidden from us: what cannot be seen is not dead.
    """
    wanted = set(containers)
    try:
        (proc / "1" / "cgroup").read_text()
    except OSError:
        return wanted
    found: set[str] = set()
    for process in proc.iterdir():
        if not process.name.isdigit() or found == wanted:
            continue
        try:
            found.update(wanted.intersection(_CONTAINER_ID.findall((process / "cgroup").read_text())))
        except OSError:  # it ended meanwhile
            continue
    return found
