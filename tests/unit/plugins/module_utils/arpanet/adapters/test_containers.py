from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import docker.errors
import pytest
import requests
import urllib3.exceptions
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import containers as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.containers import (
    Containers,
    ContainersError,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.container_events import Event, Meaning

ITEM = {
    "Id": "c1",
    "Created": 1700000000,
    "State": "running",
    "Status": "Up 3 seconds",
    "Labels": {
        "arpanet.deployment": "abc",
        "arpanet.service": "pricing",
        "com.docker.swarm.task.name": "abc_pricing.1.u8xk2",
    },
    "NetworkSettings": {"Networks": {"abc_default": {"IPAddress": "10.32.0.5"}}},
}


class Api:
    """What `docker.APIClient` answers, and what it was asked."""

    made = 0

    def __init__(self, **options: Any) -> None:
        Api.made += 1
        self.options = options
        self.error: Exception | None = None
        self.stream: list[Any] = []
        self.asked: dict[str, Any] = {}

    def _answer(self, value: Any) -> Any:
        if self.error:
            raise self.error
        return value

    def containers(self, **options: Any) -> Any:
        self.asked = options
        return self._answer([ITEM, {**ITEM, "Labels": {}}])

    def events(self, **options: Any) -> Iterator[Any]:
        self.asked = options
        for item in self._answer(self.stream):
            if isinstance(item, Exception):
                raise item
            yield item

    def inspect_container(self, identifier: str) -> Any:
        return self._answer({"Config": {"StopSignal": "SIGQUIT"} if identifier == "nginx" else {}})

    def info(self) -> Any:
        return self._answer({"Swarm": {"ControlAvailable": True}})

    def networks(self) -> Any:
        return self._answer([{"Name": "bridge"}])


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """The one client that is made, however often."""
    Api.made = 0
    one = Api()

    def make(**options: Any) -> Api:
        Api.made += 1
        one.options = options
        return one

    monkeypatch.setattr(adapter.docker, "APIClient", make)
    Api.made = 0
    return one


def test_instances_in_one_request(api: Api) -> None:
    (found,) = Containers().running()
    assert found.id == "c1"
    assert api.asked == {"filters": {"label": ["arpanet.deployment"]}}
    assert api.options == {"base_url": "unix:///var/run/docker.sock", "version": "auto", "timeout": 10}


def test_events_begin_with_the_subscription_and_end_with_an_error(api: Api) -> None:
    api.stream = [{"Action": "die", "Actor": {"ID": "c1"}}]
    heard: list[Event | None] = []
    with pytest.raises(ContainersError, match="following events: Docker at unix"):
        heard.extend(Containers().events())
    heard = []
    try:
        for event in Containers().events():
            heard.append(event)
    except ContainersError:
        pass
    assert heard == [None, Event("c1", Meaning.GONE)]
    assert api.asked["filters"]["event"] == ["die", "health_status", "kill", "pause", "start", "unpause"]
    assert api.asked["filters"]["label"] == ["arpanet.deployment"]


@pytest.mark.parametrize(
    "broken",
    [
        urllib3.exceptions.ProtocolError("reset"),
        requests.exceptions.ChunkedEncodingError(),
        ConnectionResetError(),
        ValueError("half a line of JSON"),
    ],
)
def test_a_stream_that_breaks_is_one_kind_of_error(api: Api, broken: Exception) -> None:
    api.stream = [broken]
    with pytest.raises(ContainersError, match=type(broken).__name__):
        list(Containers().events())


@pytest.mark.parametrize("error", [docker.errors.DockerException("no socket"), requests.ConnectionError()])
def test_after_a_failure_the_engine_is_connected_anew(api: Api, error: Exception) -> None:
    containers = Containers()
    containers.running()
    containers.running()
    assert Api.made == 1
    api.error = error
    with pytest.raises(ContainersError, match=r"listing containers: Docker at .* Is the docker service running"):
        containers.running()
    api.error = None
    containers.running()
    assert Api.made == 2


def test_a_refusal_says_what_the_engine_said(api: Api) -> None:
    containers = Containers()
    api.error = docker.errors.APIError("404", explanation="No such container: c1")
    with pytest.raises(ContainersError, match=r"inspecting container c1: Docker .* said: No such container: c1"):
        containers.stop_signal("c1")
    api.error = None
    containers.stop_signal("c1")
    assert Api.made == 1


def test_the_rest(api: Api) -> None:
    containers = Containers()
    assert containers.stop_signal("nginx") == "SIGQUIT"
    assert containers.stop_signal("c1") == "SIGTERM"
    assert containers.networks() == [{"Name": "bridge"}]
    assert containers.is_manager() is True
