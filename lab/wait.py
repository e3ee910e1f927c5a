"""Wait for a condition instead of sleeping for a guess."""

import time
from collections.abc import Callable

from .say import LabError


def until(condition: Callable[[], bool], *, what: str, seconds: float, every: float = 0.2) -> None:
    """Return as soon as `condition` holds; raise when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not so after {seconds:.0f} s")
        time.sleep(every)
