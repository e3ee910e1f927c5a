"""What Weave's router keeps on this node's disk, and as which member of the swarm it came by that.

Every failure is an OSError.
"""

from __future__ import annotations

from pathlib import Path

from .files import replace

DIRECTORY = Path("/var/lib/weave")
_MEMBER = "arpanet-member"


class WeaveData:
    """One router's directory. The router has its database open all the while; without one it starts as a new peer."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._directory = directory

    def member(self) -> str:
        """The node's id in the swarm when its router began; empty where that was never said."""
        try:
            return (self._directory / _MEMBER).read_text().strip()
        except FileNotFoundError:
            return ""

    def set_member(self, member: str) -> None:
        """Say whose the data is."""
        replace(self._directory / _MEMBER, f"{member}\n".encode())

    def forget(self) -> None:
        """Remove the databases: a router that starts after this owns no range."""
        for path in self._directory.glob("*.db"):
            path.unlink()
