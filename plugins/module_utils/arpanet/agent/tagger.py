"""Keeps this node's tags in Serf as core/tags.py wants them, and is the only one that sets them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..adapters.consul import ConsulError
from ..adapters.containers import Containers, ContainersError
from ..adapters.serf import Serf
from ..adapters.swarm_records import SwarmRecords
from ..core.tags import Record, leads, records, wanted
from .version import VERSION

log = logging.getLogger(__name__)

# Every so many looks of the swarm's leader what it wrote is read again: somebody may have deleted it.
_READ_AGAIN = 30


class Tagger:
    """One look asks the Engine and compares with what Serf has.

    A manager sees in Swarm what the swarm says of it, and the swarm's leader writes it down for the others:
    a worker's `seen` is set by who follows its record in Consul. `node` is Swarm's id of a worker, else empty.
    """

    def __init__(
        self,
        serf: Serf,
        containers: Containers,
        records: SwarmRecords,
        address: Callable[[], str],
        extra: Mapping[str, str],
    ) -> None:
        self._serf = serf
        self._containers = containers
        self._records = records
        self._address = address
        self._extra = extra
        self._name = ""
        self.node = ""
        self.seen = Record()
        self._looks = 0
        self._left_out: tuple[str, ...] = ()

    def look(self, whole: bool = True) -> dict[str, str | None]:
        """Compare and set; what was changed, None for what was taken away."""
        info = self._info()
        if info is not None:
            self._ask_swarm(info)
        self._name = self._name or self._serf.node_name()
        before = self._own_tags()
        found = wanted(info, self.seen, self._address(), VERSION, self._extra, before)
        self._tell(tuple(found.left_out))
        changed: dict[str, str | None] = {
            name: value for name, value in found.tags.items() if before.get(name) != value
        }
        gone = sorted(before.keys() - found.tags.keys())
        if changed or gone:
            self._serf.set_tags(found.tags, delete=gone)
            changed.update(dict.fromkeys(gone))
            log.info(
                "tags: %s", " ".join(f"-{name}" if text is None else f"{name}={text}" for name, text in changed.items())
            )
        return changed

    def _info(self) -> dict[str, Any] | None:
        try:
            return self._containers.info()
        except ContainersError:
            # Who follows Docker's events complains; here it is a state like others.
            return None

    def _ask_swarm(self, info: Mapping[str, Any]) -> None:
        swarm = info.get("Swarm") or {}
        own = str(swarm.get("NodeID") or "")
        self.node = "" if swarm.get("ControlAvailable") else own
        if self.node or not own:
            self._records.forget()
            return
        try:
            nodes = self._containers.nodes()
        except ContainersError:
            # No majority of managers: what was seen last is all there is.
            return
        known = records(nodes, str((swarm.get("Cluster") or {}).get("ID") or ""))
        self.seen = known.get(own, Record())
        if not leads(info, nodes):
            self._records.forget()
            return
        self._looks += 1
        try:
            self._records.write(known, again=self._looks % _READ_AGAIN == 0)
        except ConsulError as error:
            # The next look tries again; this node's own tags need no Consul.
            self._records.forget()
            log.info("what the swarm says of its nodes is not written down: %s", error)

    def _own_tags(self) -> Mapping[str, str]:
        own = self._serf.members(name=re.escape(self._name))
        return own[0].tags if own else {}

    def _tell(self, left_out: tuple[str, ...]) -> None:
        if left_out and left_out != self._left_out:
            log.warning("tags: no room for %s: Serf's tags have 512 bytes", ", ".join(left_out))
        self._left_out = left_out
