"""Announcements of images and what the nodes' agents say of them, in Consul."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from ..core import names, pulls
from ..core.spec import Spec
from .consul import Consul, Value

# An agent that works says within so many seconds that it pulls.
SIGN_SECONDS = 5.0
POLL_SECONDS = 0.5

# image -> what is with it
States = dict[str, str]


class Pulls:
    """Those of one cluster. Not for several threads at once."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul

    def announce(self, deployment: str, services: Mapping[str, Spec]) -> None:
        """Tell the nodes which images a deployment runs."""
        value = pulls.announced(services)
        key = names.images_key(deployment)
        if self._consul.get(key).value != value:
            self._consul.put(key, value)

    def forget(self, deployment: str) -> None:
        """The deployment is gone."""
        self._consul.delete(names.images_key(deployment))

    def follow(self, index: int, seconds: int) -> tuple[list[Value], int]:
        """All announcements and their index, as soon as that is another one or the seconds are over."""
        found, index = self._consul.wait_below(names.IMAGES_PREFIX, index, seconds)
        return [*found.values()], index

    def report(self, node: str, states: States) -> None:
        """Say what a node has; for its agent."""
        key = names.pulls_key(node)
        if self._consul.get(key).value != states:
            self._consul.put(key, states)

    def wait(self, missing: Mapping[str, Collection[str]], timeout: float) -> None:
        """Wait until these images are on these nodes (image -> nodes), or no longer on their way.

        Nothing here fails: Swarm pulls what is missing.
        """
        if not missing:
            return
        began = time.monotonic()
        while (passed := time.monotonic() - began) < timeout:
            said = self._consul.known(names.PULLS_PREFIX)
            states = [
                said.get(names.pulls_key(node), {}).get(image, "") for image, nodes in missing.items() for node in nodes
            ]
            if not any(state == pulls.PULLING or (not state and passed < SIGN_SECONDS) for state in states):
                return
            time.sleep(POLL_SECONDS)
