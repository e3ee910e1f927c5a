"""Follows what the swarm's leader says of this node, where the node is a worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ..adapters.consul import ConsulError
from ..adapters.swarm_records import SwarmRecords
from .loop import Backoff
from .tagger import Tagger

log = logging.getLogger(__name__)

# Seconds of one request. The client of the records has to be more patient (Consul adds a sixteenth).
WAIT = 60
CLIENT_TIMEOUT = 75


class RecordReader:
    """Tells the tagger, and pokes whoever makes it look."""

    def __init__(
        self,
        records: SwarmRecords,
        tagger: Tagger,
        poke: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._records = records
        self._tagger = tagger
        self._poke = poke
        self._sleep = sleep
        self._backoff = Backoff()
        self._of = ""
        self._index = 0

    def follow(self) -> None:
        """Wait for one change, or for a while."""
        node = self._tagger.node
        if node != self._of:
            self._of, self._index = node, 0
        if not node:
            self._sleep(1)
            return
        try:
            seen, self._index = self._records.wait(node, self._index, WAIT)
        except ConsulError:
            # Others complain of Consul; it is asked again.
            self._index = 0
            self._sleep(self._backoff.pause())
            return
        self._backoff.reset()
        if self._tagger.node == node and self._tagger.seen != seen:
            self._tagger.seen = seen
            self._poke()
