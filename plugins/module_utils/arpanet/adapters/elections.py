"""Patience while managers elect a leader: what is asked meanwhile fails, and is right a moment later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..core.swarm import Member
from .consul import ConsulError
from .engine import EngineError
from .swarm import Swarm, SwarmError

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.5
# Swarm's and Consul's words for it, and for somebody who wrote at the same moment.
_PASSING = ("leader", "context deadline exceeded", "out of sequence", "rpc error: code = Unavailable")


def patiently(call: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """What a call returns that may be made again, once a leader is there; its last error after so long."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except (ConsulError, EngineError, SwarmError) as error:
            if not any(words in str(error) for words in _PASSING) or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)


def members(swarm: Swarm, seconds: float = PATIENCE_SECONDS) -> list[Member]:
    """The nodes of the swarm, once a new leader has heard from each or has given it up."""
    deadline = time.monotonic() + seconds
    while True:
        found = patiently(swarm.members, seconds)
        if all(member.state != "unknown" for member in found) or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_SECONDS)
