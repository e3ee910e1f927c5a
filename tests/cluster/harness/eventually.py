"""Wait for a condition instead of sleeping for a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# What is not there yet is not in a list, has no key and cannot be unpacked, either.
NOT_YET = (AssertionError, LookupError, StopIteration, ValueError)


def eventually(claim: Callable[[], T], within: float = 30, every: float = 0.2) -> T:
    """Call `claim` until it raises none of `NOT_YET`; what it returned. Its last error after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            return claim()
        except NOT_YET:
            if time.monotonic() > deadline:
                raise
        time.sleep(every)
