"""What the swarm says of each node, in Consul: written by the swarm's leader, read by the node itself."""

from __future__ import annotations

from collections.abc import Mapping

from ..core import names
from ..core.tags import Record, record
from .consul import Consul, Value


class SwarmRecords:
    """The records of one cluster. Not for several threads at once."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul
        self._written: dict[str, Value] | None = None

    def write(self, wanted: Mapping[str, Record], again: bool = False) -> list[str]:
        """Make Consul hold these and no others; the nodes whose record was changed.

        What was written before is remembered; with `again` it is read anew.
        """
        if self._written is None or again:
            found = self._consul.list(names.SWARM_PREFIX)
            self._written = {key.removeprefix(names.SWARM_PREFIX): entry.value for key, entry in found.items()}
        changed = []
        for node, one in wanted.items():
            if self._written.get(node) != one.as_json():
                self._consul.put(names.swarm_key(node), one.as_json())
                self._written[node] = one.as_json()
                changed.append(node)
        for node in sorted(self._written.keys() - wanted.keys()):
            self._consul.delete(names.swarm_key(node))
            del self._written[node]
            changed.append(node)
        return changed

    def forget(self) -> None:
        """Somebody else writes now."""
        self._written = None

    def wait(self, node: str, index: int, seconds: int) -> tuple[Record, int]:
        """A node's record and its index, as soon as the index is another one or the seconds are over."""
        value, index = self._consul.wait(names.swarm_key(node), index, seconds)
        return record(value), index
