"""Which signal asks a container to stop, known before it is sent.

Docker tells it only by inspecting the container, and an inspection waits seconds for a container
that is being stopped. So it is asked for when a container appears, by a thread that can wait.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..adapters.containers import Containers, ContainersError
from ..core.container_events import Event, stops
from ..core.containers import Container


class StopSignals:
    """The stop signals of the containers that were seen last."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._known: dict[str, str] = {}

    def learn(self, seen: Iterable[Container]) -> None:
        """Ask for those that are not known yet and drop those that are gone."""
        known: dict[str, str] = {}
        for container in seen:
            try:
                known[container.id] = self._known.get(container.id) or self._containers.stop_signal(container.id)
            except ContainersError:
                # Gone already; if it is not, the next look asks again.
                continue
        self._known = known

    def is_end(self, event: Event) -> bool:
        """Does the signal of this event mean the container's end? Never waits."""
        return stops(event.signal, self._known.get(event.container, ""))
