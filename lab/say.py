"""How the lab talks to the person who runs it."""

import sys
import time
from types import TracebackType

_started = time.monotonic()


class LabError(Exception):
    """Something the user can act on; the message says what failed and what to do."""


def say(message: str) -> None:
    """Print one line of progress with the seconds since the program started."""
    print(f"lab {time.monotonic() - _started:5.1f}s  {message}", flush=True)


def complain(message: str) -> None:
    """Print one line on the error stream."""
    print(f"lab: {message}", file=sys.stderr, flush=True)


class Step:
    """Announce a longer piece of work and say how long it took."""

    def __init__(self, message: str) -> None:
        self._message = message
        self._began = 0.0

    def __enter__(self) -> "Step":
        self._began = time.monotonic()
        say(f"{self._message} …")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            say(f"{self._message}: {time.monotonic() - self._began:.1f} s")
