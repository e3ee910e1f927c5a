"""What the gossip says: pokes the leader when members fail, and the tagger when this node's own tags change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ..adapters.serf import Serf, SerfError
from ..core.serf_events import Event
from .loop import Backoff

log = logging.getLogger(__name__)

# Seconds after a failure at which the leader looks. Consul may find the node dead before Serf does,
# or after it; and if the dead node led, its lock is free only then.
LOOKS = (0, 2, 4, 6, 8, 12, 16, 24)

_GONE = ("member-failed", "member-leave", "member-reap")


def _later(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


class GossipWatcher:
    """Follows Serf's events for ever, through every break of the stream."""

    def __init__(
        self,
        serf: Serf,
        failure: Callable[[], None],
        update: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        later: Callable[[float, Callable[[], None]], None] = _later,
    ) -> None:
        self._serf = serf
        self._failure = failure
        self._update = update
        self._sleep = sleep
        self._later = later
        self._backoff = Backoff()

    def follow(self) -> None:
        """Follow one stream to its end, and wait before the next one."""
        try:
            events = self._serf.subscribe(",".join((*_GONE, "member-update")))
            self._backoff.reset()
            # Who failed meanwhile was told to nobody.
            self._update()
            self._failed()
            for event in events:
                self._heard(event)
        except SerfError:
            # The tagger says so, at once and only once.
            pass
        self._sleep(self._backoff.pause())

    def _heard(self, event: Event) -> None:
        if event.kind in _GONE:
            log.info("%s: %s", event.kind, ", ".join(one.name for one in event.members))
            self._failed()
        else:
            self._update()

    def _failed(self) -> None:
        for seconds in LOOKS:
            self._later(seconds, self._failure)
