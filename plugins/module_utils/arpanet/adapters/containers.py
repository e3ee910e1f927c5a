"""This node's Docker Engine as the agent sees it: instances, events, networks.

Thin over the `docker` library's low-level client. Every failure is a ContainersError that says
what was tried, where and why. After one the next call connects anew, so an Engine that was
upgraded meanwhile is spoken to in its own version.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors
import requests
import urllib3.exceptions

from ..core import container_events, names
from ..core.container_events import Event
from ..core.containers import Container, Move, read_all
from ..core.pulls import by_digest

DEFAULT_URL = "unix:///var/run/docker.sock"

# `docker events` replays from here: what happens between our request and the Engine's
# subscription must not be lost. Twice is harmless.
_OVERLAP = 2


class ContainersError(Exception):
    """The Engine could not be asked; the message says what, where and why."""


class Containers:
    """One Engine, by its address. Not for several threads at once."""

    def __init__(self, url: str = DEFAULT_URL, timeout: float = 10) -> None:
        self.url = url
        self._timeout = timeout
        self._api: docker.APIClient | None = None

    @contextmanager
    def _asking(self, what: str) -> Iterator[docker.APIClient]:
        try:
            if self._api is None:
                self._api = docker.APIClient(base_url=self.url, version="auto", timeout=self._timeout)
            yield self._api
        except docker.errors.APIError as error:
            raise ContainersError(f"{what}: Docker at {self.url} said: {error.explanation or error}") from error
        except (
            docker.errors.DockerException,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            self._api = None
            raise ContainersError(
                f"{what}: Docker at {self.url} does not answer ({type(error).__name__}). Is the docker service running?"
            ) from error

    def running(self) -> tuple[Container, ...]:
        """The instances that run on this node, paused ones among them; one request."""
        with self._asking("listing containers") as api:
            return read_all(api.containers(filters={"label": [names.LABEL_DEPLOYMENT]}))

    def move(self, container: str, move: Move) -> None:
        """Give a container another address on a network that it is on."""
        with self._asking(f"giving container {container[:12]} the address {move.address} on {move.network}") as api:
            if move.attached:
                api.disconnect_container_from_network(container, move.network)
            api.connect_container_to_network(container, move.network, ipv4_address=move.address)

    def has_image(self, image: str) -> bool:
        """Whether the Engine has an image (with its digest)."""
        with self._asking(f"looking for {image}") as api:
            try:
                api.inspect_image("@".join(by_digest(image)))
            except docker.errors.ImageNotFound:
                return False
        return True

    def pull(self, image: str) -> None:
        """Pull an image (with its digest)."""
        repository, digest = by_digest(image)
        with self._asking(f"pulling {image}") as api:
            for event in api.pull(repository, tag=digest, stream=True, decode=True):
                if "error" in event:
                    raise ContainersError(f"pulling {image}: {event['error']}")

    def events(self) -> Iterator[Event | None]:
        """What happens to instances, as it happens. None comes first: from here on nothing is missed.

        Ends only with a ContainersError; whoever reads on must look at everything again.
        """
        filters = {
            "type": ["container"],
            "label": [names.LABEL_DEPLOYMENT],
            "event": [*container_events.ACTIONS],
        }
        with self._asking("following events") as api:
            stream = api.events(since=int(time.time()) - _OVERLAP, filters=filters, decode=True)
            yield None
            for raw in stream:
                yield container_events.read(raw)
            raise ConnectionError("the event stream ended")

    def stop_signal(self, container: str) -> str:
        """The signal that asks this container to stop. Waits while the container is being stopped."""
        with self._asking(f"inspecting container {container[:12]}") as api:
            return str(api.inspect_container(container)["Config"].get("StopSignal") or "SIGTERM")

    def networks(self) -> list[dict[str, Any]]:
        """All networks of this node, as `GET /networks` answers."""
        with self._asking("listing networks") as api:
            return [*api.networks()]

    def info(self) -> dict[str, Any]:
        """As `docker info` shows it."""
        with self._asking("asking for the Swarm's state") as api:
            return dict(api.info())

    def is_manager(self) -> bool:
        """Is this node a Swarm manager that can reach its peers?"""
        return bool((self.info().get("Swarm") or {}).get("ControlAvailable"))

    def nodes(self) -> list[dict[str, Any]]:
        """The swarm's nodes, as `GET /nodes` answers; only a manager with a quorum can say."""
        with self._asking("listing the swarm's nodes") as api:
            return [*api.nodes()]
