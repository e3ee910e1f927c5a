"""Keeps the registrations of this node's instances: one look compares and applies."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from ..adapters.consul import Consul
from ..adapters.containers import Containers, ContainersError
from ..core.container_events import Event, Meaning
from ..core.containers import Container
from ..core.registrations import Register, Registration, Step, ours, plan, wanted, without

log = logging.getLogger(__name__)

# A container that was sent its stop signal leaves DNS at once. One that still runs after this
# many seconds was not being stopped (somebody sent it the signal by hand), or drains for long.
DRAIN = 120.0


class Registrar:
    """Registrations follow containers. `seen` are the instances of the last look (None before it);
    `on_change` is called when they are others than before."""

    def __init__(
        self,
        consul: Consul,
        containers: Containers,
        with_processes: Callable[[Collection[str]], set[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consul = consul
        self._containers = containers
        self._with_processes = with_processes
        self._clock = clock
        self._lock = threading.Lock()  # events are noted by another thread
        self._looking = threading.Lock()
        self._left = False
        self._credential = ""
        self._gone: set[str] = set()
        self._going: dict[str, float] = {}
        self.seen: tuple[Container, ...] | None = None
        self.on_change: Callable[[], None] = lambda: None

    def note(self, event: Event) -> None:
        """Remember what the container list does not say, or not yet."""
        with self._lock:
            if event.meaning is Meaning.GONE:
                self._gone.add(event.container)
            elif event.meaning is Meaning.SIGNALLED:
                self._going[event.container] = self._clock() + DRAIN
            elif event.meaning is Meaning.STARTED:
                self._gone.discard(event.container)
                self._going.pop(event.container, None)

    def forget(self) -> None:
        """Events were missed: what died may run again. What was told to stop is still stopping."""
        with self._lock:
            self._gone.clear()

    def look(self, whole: bool = True) -> list[Step]:
        """Compare and apply; the steps that were done. Every look is a whole one: it costs three
        requests to local sockets, and no cache can be wrong."""
        with self._looking:
            return [] if self._left else self._look()

    def leave(self) -> None:
        """Take everything out of DNS for good: this host goes down, its containers are next."""
        with self._looking:
            self._left = True
            have = ours(self._consul.registrations())
            self._apply(without({one.container for one in have.values()}, have))

    def _look(self) -> list[Step]:
        have = ours(self._consul.registrations())
        # What events say is gone needs no answer from Docker, which may be busy or on its way down.
        done = self._apply(without(self._absent(), have))
        for step in done:
            del have[step.registration.id]
        try:
            listed = self._containers.running()
        except ContainersError:
            self._without_docker(have)
            raise
        listed, failure = self._moved(listed)
        self._drop_notes(listed)
        absent = self._absent()
        serving = [container for container in listed if container.id not in absent]
        want = wanted(serving)
        done += self._apply(plan(want, have, {container.id for container in serving}))
        self._vouch([one for one in want.values() if one == have.get(one.id)])
        # One that is only going holds its addresses until it is gone.
        gone = absent & self._gone
        self._see(tuple(container for container in listed if container.id not in gone))
        if failure:
            # All others are served; this one is tried again.
            raise failure
        return done

    def _moved(self, listed: tuple[Container, ...]) -> tuple[tuple[Container, ...], ContainersError | None]:
        """The containers after each has been given its explicit addresses, and what went wrong."""
        failure = None
        moving = [container for container in listed if container.moves and container.trouble in ("", "starting")]
        for container in moving:
            for move in container.moves:
                try:
                    self._containers.move(container.id, move)
                    log.info("%s has %s on %s now", container.instance.id, move.address, move.network)
                except ContainersError as error:
                    failure = error
        return self._containers.running() if moving else listed, failure

    def _without_docker(self, have: dict[str, Registration]) -> None:
        """A Docker daemon that was stopped has stopped its containers, one that crashed has not:
        the kernel knows which."""
        containers = {one.container for one in have.values()}
        alive = self._with_processes(containers)
        self._apply(without(containers - alive, have))
        if self.seen is not None:
            self._see(tuple(one for one in self.seen if one.id in alive))

    def _vouch(self, unchanged: Collection[Registration]) -> None:
        """Write again what another token has registered: Consul's agent keeps the token with the service and
        speaks of it to the servers with that one alone."""
        credential = self._consul.credential
        if credential == self._credential:
            return
        for registration in unchanged:
            self._consul.register(registration)
        self._credential = credential

    def _apply(self, steps: list[Step]) -> list[Step]:
        for step in steps:
            if isinstance(step, Register):
                self._consul.register(step.registration)
            else:
                self._consul.deregister(step.registration.id)
            log.info("%s", step)
        return steps

    def _absent(self) -> set[str]:
        with self._lock:
            return self._gone | {container for container, until in self._going.items() if until > self._clock()}

    def _drop_notes(self, listed: Collection[Container]) -> None:
        """A container that the list no longer shows needs no note; nor one that outlived its signal."""
        there = {container.id for container in listed}
        with self._lock:
            self._gone &= there
            self._going = {
                container: until
                for container, until in self._going.items()
                if container in there and until > self._clock()
            }

    def _see(self, containers: tuple[Container, ...]) -> None:
        changed = self.seen != containers
        self.seen = containers
        if changed:
            self.on_change()
