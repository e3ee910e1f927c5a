"""Pulls ahead the images that this node may have to run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ..adapters.consul import ConsulError, Value
from ..adapters.containers import Containers, ContainersError
from ..adapters.pulls import Pulls, States
from ..core.pulls import PULLING, THERE, node_of, wanted
from ..core.tags import Record
from .loop import Backoff

log = logging.getLogger(__name__)

# Seconds of one request. The client has to be more patient (Consul adds a sixteenth).
WAIT = 60


class Puller:
    """Follows the announcements for ever. `seen` is what the swarm's leader says of this node."""

    def __init__(
        self,
        pulls: Pulls,
        containers: Containers,
        seen: Callable[[], Record],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pulls = pulls
        self._containers = containers
        self._seen = seen
        self._sleep = sleep
        self._backoff = Backoff()
        self._index = 0
        self._states: States = {}

    def follow(self) -> None:
        """Wait for one announcement, or for a while, and pull what is missing."""
        try:
            values, self._index = self._pulls.follow(self._index, WAIT)
            self._pull(values)
        except (ConsulError, ContainersError):
            # Others complain of Consul and of Docker; all is looked at again.
            self._index = 0
            self._sleep(self._backoff.pause())
            return
        self._backoff.reset()

    def _pull(self, values: list[Value]) -> None:
        node = node_of(self._containers.info(), self._seen())
        name = node["Description"]["Hostname"]
        images = wanted(values, node)
        missing = [image for image in images if not self._containers.has_image(image)]
        states = {image: PULLING if image in missing else THERE for image in images}
        self._pulls.report(name, states)
        for image in missing:
            states[image] = self._pulled(image)
            self._pulls.report(name, states)
        self._states = states

    def _pulled(self, image: str) -> str:
        try:
            self._containers.pull(image)
        except ContainersError as error:
            # Every minute the same: said once.
            if self._states.get(image) != str(error):
                log.warning("puller: %s", error)
            return str(error)
        log.info("pulled %s ahead", image)
        return THERE
