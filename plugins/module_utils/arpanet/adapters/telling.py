"""Lines for whoever watches a change: how far it is, not more often than one can read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

Tell = Callable[[str], None]

#: Who watches gets a line of each service so often at most.
TELL_SECONDS = 1.0


class Teller:
    """Passes on what has changed."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._said: Mapping[str, str] = {}
        self._next = 0.0

    def all(self, lines: Mapping[str, str]) -> None:
        """Say those of these lines that say something else than the last of the same service."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + TELL_SECONDS
        for name, said in sorted(lines.items()):
            if self._said.get(name) != said:
                self._tell(said)
        self._said = lines


def into(path: str | None) -> Tell:
    """What passes a line on to the controller, which reads the file while a module works; without one, to nobody."""

    def tell(line: str) -> None:
        # Whoever watched may be gone, and the file's directory; the work goes on.
        with suppress(OSError):
            if path:
                with Path(path).open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")

    return tell
