"""What happens to instances: follows Docker's events and tells the registrar."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from ..adapters.containers import Containers, ContainersError
from ..core.container_events import Event, Meaning
from .loop import Backoff

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told."""

    def note(self, event: Event) -> None:
        """An event that says something."""

    def forget(self) -> None:
        """Events may have been missed: only the container list can be trusted now."""


class Watcher:
    """Follows the event stream for ever, through every break of it.

    `is_end` tells the signal that stops a container from any other. Nothing here waits for an
    answer: the next event may be the one that counts.
    """

    def __init__(
        self,
        containers: Containers,
        listener: Listener,
        poke: Callable[[], None],
        is_end: Callable[[Event], bool],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._containers = containers
        self._listener = listener
        self._poke = poke
        self._is_end = is_end
        self._sleep = sleep
        self._backoff = Backoff()
        self._complaint = ""

    def follow(self) -> None:
        """Follow one stream to its end, and wait before the next one."""
        try:
            for event in self._containers.events():
                self._heard(event)
        except Exception as error:
            if str(error) != self._complaint:
                expected = isinstance(error, ContainersError)
                log.warning("watcher: %s", error, exc_info=None if expected else error)
            self._complaint = str(error)
        # What Docker did last is not known, and what it does next will not be heard.
        self._poke()
        self._sleep(self._backoff.pause())

    def _heard(self, event: Event | None) -> None:
        if event is None:
            if self._complaint:
                log.info("watcher: following events again")
            self._complaint = ""
            self._backoff.reset()
            self._listener.forget()
        elif event.meaning is Meaning.SIGNALLED and not self._is_end(event):
            return
        else:
            self._listener.note(event)
        self._poke()
