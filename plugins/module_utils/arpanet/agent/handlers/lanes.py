"""Who runs when: one run of a handler after the other, unless it may overlap."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

# Runs of one handler at once, where it may overlap; and those that may wait for it.
AT_ONCE, WAITING = 16, 1000

Job = Callable[[], None]


class Lane:
    """Jobs in the order in which they came, `at_once` of them at a time."""

    def __init__(self, name: str, at_once: int) -> None:
        self._name = name
        self._at_once = at_once
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._workers = 0

    def put(self, job: Job) -> bool:
        """False when there are too many already."""
        with self._lock:
            if len(self._jobs) >= WAITING:
                return False
            self._jobs.append(job)
            if self._workers < self._at_once:
                self._workers += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return True

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._workers -= 1
                    return
                job = self._jobs.popleft()
            try:
                job()
            except Exception:
                log.exception("%s: this should not happen", self._name)


class Lanes:
    """One for each handler."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, bool], Lane] = {}

    def put(self, handler: str, overlap: bool, job: Job) -> bool:
        """False when too many wait for this handler already."""
        key = (handler, overlap)
        if key not in self._lanes:
            self._lanes[key] = Lane(handler, AT_ONCE if overlap else 1)
        return self._lanes[key].put(job)
