"""`python3 -m arpanet.agent.handlers`: follows Serf's events for ever, through every break of the stream."""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ...adapters.serf import DEFAULT_RPC, Serf, SerfError
from ...core.members import Member
from ..loop import Backoff
from .dispatcher import Dispatcher

log = logging.getLogger(__name__)


class Follower:
    """One stream after the other. Serf repeats nothing: what happens between two of them is missed."""

    def __init__(
        self, serf: Callable[[], Serf], dispatcher: Dispatcher, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._serf = serf
        self._dispatcher = dispatcher
        self._sleep = sleep
        self._backoff = Backoff()
        self._complaint = ""

    def follow(self) -> None:
        """Follow one stream to its end, and wait before the next one."""
        try:
            events = self._serf().subscribe("*")
            if self._complaint:
                log.info("following events again; those meanwhile were missed")
            self._complaint = ""
            self._backoff.reset()
            for event in events:
                self._dispatcher.handle(event, partial(events.answer, event))
        except SerfError as error:
            if str(error) != self._complaint:
                log.warning("%s", error)
            self._complaint = str(error)
        self._sleep(self._backoff.pause())


class Own:
    """This node as a member, as Serf has it now; while Serf is silent, as it was last."""

    def __init__(self, serf: Serf) -> None:
        self._serf = serf
        self._last = Member("", "")

    def __call__(self) -> Member:
        try:
            name = self._last.name or self._serf.node_name()
            self._last = next(iter(self._serf.members(name=re.escape(name))), self._last)
        except SerfError as error:
            log.warning("%s", error)
        return self._last


def main(words: list[str]) -> int:
    """Does not end by itself."""
    parser = argparse.ArgumentParser(prog="arpanet-handlers", description="Runs handlers of the cluster's events.")
    parser.add_argument("--directory", type=Path, default=Path("/etc/arpanet/handlers.d"), help="default: %(default)s")
    parser.add_argument(
        "--settings", type=Path, default=Path("/etc/arpanet/handlers.json"), help="default: %(default)s"
    )
    parser.add_argument("--rpc", default=DEFAULT_RPC, help="of the Serf agent; default: %(default)s")
    options = parser.parse_args(words)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    # Handlers that run are ended by systemd, together with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    dispatcher = Dispatcher(options.directory, options.settings, Own(Serf(options.rpc)))
    follower = Follower(lambda: Serf(options.rpc), dispatcher)
    while True:
        follower.follow()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
