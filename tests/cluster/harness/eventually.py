"""Wait for a condition instead of sleeping for a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(claim: Callable[[], T], within: float = 30, every: float = 0.2) -> T:
    """Call `claim` until it raises no AssertionError; what it returned. Its last error after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            return claim()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(every)
