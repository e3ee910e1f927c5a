"""When to look: at once, after a poke, and every interval; later again after a failure."""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable

from ..adapters.consul import ConsulError
from ..adapters.containers import ContainersError
from ..adapters.serf import SerfError

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
# Consul and Docker are back within seconds of a restart; whoever waits for them costs nothing.
LONGEST_PAUSE = 3.0


def for_ever(step: Callable[[], object], name: str) -> None:
    """Take one step after the other in a thread of that name, which ends with the process.

    A step handles what it expects. What it does not expect is told, and does not end the thread: the unit would
    stay active without it.
    """

    def run() -> None:
        while True:
            try:
                step()
            except Exception:
                log.exception("%s", name)
                time.sleep(LONGEST_PAUSE)

    threading.Thread(target=run, name=name, daemon=True).start()


class Backoff:
    """Pauses that double up to a limit, with jitter so that nodes do not return all at once."""

    def __init__(self, longest: float = LONGEST_PAUSE) -> None:
        self._longest = longest
        self._failures = 0

    def pause(self) -> float:
        """How long to wait after one more failure."""
        # Bounded, as the power would leave the range of floats after a day without Consul.
        limit = min(self._longest, FIRST_PAUSE * 2 ** min(self._failures, 16))
        self._failures += 1
        return random.uniform(limit / 2, limit)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0


class Loop:
    """Calls `work(whole)`, one call at a time; `whole` is true for the look of every interval.

    A poke is answered at once, those that follow within `gap` seconds are answered together. With
    `echo`, one more look follows so many seconds after the last poke. A failure is retried with
    growing pauses, and the retry looks at the whole.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[bool], object],
        interval: float,
        gap: float = 0.05,
        echo: float = math.inf,
        after: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._work = work
        self._interval = interval
        self._gap = gap
        self._echo = echo
        self._after = after
        self._clock = clock
        self._sleep = sleep
        self._backoff = Backoff()
        self._poked = threading.Event()
        self._due = clock()
        self._again = math.inf
        self._complaint = ""

    def poke(self) -> None:
        """Look soon; from any thread."""
        self._poked.set()

    def start(self) -> None:
        """Run for ever in a thread of its own, which ends with the process."""
        for_ever(self._next, self.name)

    def _next(self) -> None:
        self._poked.wait(self.idle())
        self.turn()

    def idle(self) -> float:
        """Seconds until the next look, unless there is a poke."""
        return max(0.0, min(self._due, self._again) - self._clock())

    def turn(self) -> bool:
        """Look once and wait as long as has to be; False when the look failed."""
        self._again = self._clock() + self._echo if self._poked.is_set() else math.inf
        self._poked.clear()
        whole = self._clock() >= self._due
        try:
            self._work(whole)
        except Exception as error:
            self._failed(error)
            worked = False
        else:
            self._worked(whole)
            worked = True
        self._after()
        self._sleep(self._gap if worked else self._backoff.pause())
        return worked

    def _worked(self, whole: bool) -> None:
        if whole:
            self._due = self._clock() + self._interval
        self._backoff.reset()
        if self._complaint:
            self._complaint = ""
            log.info("%s: all is well again", self.name)

    def _failed(self, error: Exception) -> None:
        self._due = self._clock()
        # An outage of hours is one line, not one for each try.
        if str(error) == self._complaint:
            return
        self._complaint = str(error)
        expected = isinstance(error, ConsulError | ContainersError | SerfError)
        log.warning("%s: %s", self.name, error, exc_info=None if expected else error)
