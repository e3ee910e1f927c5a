"""Optimistic locking: try again until no other controller was faster."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from ..core.sizing import SubnetError

_Done = TypeVar("_Done")

# Each lost race means that somebody else has won one, so this many in a row is a broken Consul.
_ATTEMPTS = 200
_STEP, _MOST_STEPS = 0.005, 20  # seconds


def until_won(attempt: Callable[[int], _Done | None], what: str) -> _Done:
    """What the first attempt returns that is not None; it is given its number, from 0.

    :raises SubnetError: none did.
    """
    for number in range(_ATTEMPTS):
        done = attempt(number)
        if done is not None:
            return done
        # Random, so that controllers that collided do not do it again together.
        time.sleep(random.uniform(0, _STEP * min(number + 1, _MOST_STEPS)))
    raise SubnetError(f"{what}: {_ATTEMPTS} times in a row another controller was faster; is Consul healthy?")
