"""From an event to the runs of its handlers, and to the answer of a query."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ...adapters.serf import SerfError
from ...core import handlers as core
from ...core.handlers import Ended, Setting, Settings
from ...core.members import Member
from ...core.serf_events import QUERY, Event
from . import programs
from .lanes import Lanes

log = logging.getLogger(__name__)

Answer = Callable[[bytes], None]


class Dispatcher:
    """`own` says which member this node is, as it is now."""

    def __init__(self, root: Path, settings: Path, own: Callable[[], Member]) -> None:
        self._root = root
        self._settings = settings
        self._own = own
        self._lanes = Lanes()

    def handle(self, event: Event, answer: Answer = lambda _: None) -> None:
        """Start what there is for this event; never waits for it.

        :param answer: takes the answer to a query; raises SerfError when nobody waits for it any more
        """
        chosen = [
            handler
            for directory in core.directories(event)
            for handler in programs.found(self._root, directory, log.warning)
        ]
        if not chosen:
            return
        log.info("%s%s", event.path, f" {', '.join(one.name for one in event.members)}" if event.members else "")
        settings = self._read_settings()
        environment = {**_base(), **core.environment(event, self._own())}
        if event.kind == QUERY:
            self._ask(event, chosen, settings, environment, answer)
            return
        for handler in chosen:
            self._put(event, handler, settings.of(handler), environment, lambda _ended: None)

    def _ask(
        self, event: Event, chosen: list[str], settings: Settings, environment: dict[str, str], answer: Answer
    ) -> None:
        """One handler after the other, until one has something to say: Serf takes one answer of a node."""
        if not chosen:
            return
        handler, *others = chosen
        setting = settings.of(handler)

        def ended(how: Ended) -> None:
            said = core.answer(handler, how, setting.timeout)
            if not said:
                self._ask(event, others, settings, environment, answer)
                return
            try:
                answer(said)
            except SerfError as error:
                log.warning("%s: %s", handler, error)

        self._put(event, handler, setting, environment, ended)

    def _put(
        self,
        event: Event,
        handler: str,
        setting: Setting,
        environment: dict[str, str],
        then: Callable[[Ended], None],
    ) -> None:
        def job() -> None:
            then(self._run(handler, core.payload(event), environment, setting.timeout))

        if not self._lanes.put(handler, setting.overlap, job):
            log.warning("%s: left out, too many events wait for it already", handler)

    def _run(self, handler: str, data: bytes, environment: dict[str, str], timeout: float) -> Ended:
        began = time.monotonic()
        try:
            ended = programs.run(
                self._root / handler, data, environment, timeout, lambda line: log.info("%s: %s", handler, line)
            )
        except OSError as error:
            log.warning("%s cannot be started: %s", handler, error.strerror)
            return Ended(127)
        took = time.monotonic() - began
        if ended.code is None:
            log.warning("%s: ended after %g s, its time was over", handler, timeout)
        elif ended.code:
            log.warning("%s: exit code %d after %.1f s", handler, ended.code, took)
        else:
            log.info("%s: done after %.1f s", handler, took)
        return ended

    def _read_settings(self) -> Settings:
        try:
            return core.settings(self._settings.read_text())
        except FileNotFoundError:
            return Settings()
        except (OSError, core.BadSettings) as error:
            log.warning("%s cannot be used, so handlers have the usual settings: %s", self._settings, error)
            return Settings()


def _base() -> dict[str, str]:
    """A handler in Python finds this package, and with `/usr/bin/env python3` its libraries."""
    path = os.environ.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    here = str(Path(sys.executable).parent)
    return {
        "PATH": path if here in path.split(":") else f"{here}:{path}",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "HOME": "/root",
    }
