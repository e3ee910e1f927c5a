"""One controller at a time for one deployment: a lock in Consul that ends with its holder."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ..core import names
from .consul import Consul, ConsulError

# Consul's shortest. It lets a session go at the latest after twice this time.
TTL_SECONDS = 10
_RETRY_SECONDS = 0.5


class Locked(Exception):
    """Another controller has the lock; the message names it."""


@contextmanager
def deployment_lock(consul: Consul, deployment: str, holder: str, patience: float) -> Iterator[None]:
    """Hold a deployment's lock for the time of the block.

    :param holder: who we are, for the message that others get.
    :param patience: seconds to wait for another holder before Locked is raised.
    """
    key = names.lock_key(deployment)
    session = consul.open_session(f"arpanet deployment {deployment}", TTL_SECONDS, ephemeral=True)
    finished = threading.Event()
    renewer = threading.Thread(target=_renew, args=(consul, session, finished), daemon=True)
    try:
        _take(consul, key, session, holder, patience)
        renewer.start()
        yield
    finally:
        finished.set()
        # Ending the session deletes the key with it.
        consul.end_session(session)


def _take(consul: Consul, key: str, session: str, holder: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    value = {"holder": holder, "since": datetime.now(UTC).isoformat(timespec="seconds")}
    while not consul.lock(key, value, session):
        if time.monotonic() > deadline:
            other = consul.get(key).value
            raise Locked(
                f"{other.get('holder', 'another controller')} has been working on it since "
                f"{other.get('since', 'just now')}; wait for it, or run the same again later"
            )
        consul.renew_session(session)
        time.sleep(_RETRY_SECONDS)


def _renew(consul: Consul, session: str, finished: threading.Event) -> None:
    while not finished.wait(TTL_SECONDS / 3):
        try:
            consul.renew_session(session)
        except ConsulError:
            # A Consul that elects a leader answers again before the session ends.
            continue
