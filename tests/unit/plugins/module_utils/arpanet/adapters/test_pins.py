"""Images by digest, and images that registries do not give."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import ImageRefused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pins import NoImage, pinned
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plan import Actual
from fakes.swarm import FakeSwarm

PRIVATE = "r.example.com/team/web:1"
NOT_LOGGED_IN = ImageRefused("no basic auth credentials", login=True, logged_in=False)
BAD_LOGIN = ImageRefused("unauthorized", login=True, logged_in=True)
NOT_THERE = ImageRefused("manifest unknown", login=False, logged_in=True)


def pins(swarm: FakeSwarm, running: str = "", **service: Any) -> tuple[dict[str, str], dict[str, str]]:
    template = {"TaskTemplate": {"ContainerSpec": {"Image": running}}}
    actual = Actual(services={"abc_web": template} if running else {})
    return pinned(swarm, "abc", {"services": {"web": {"image": PRIVATE, **service}}}, actual)


def refusing(error: ImageRefused) -> FakeSwarm:
    swarm = FakeSwarm()
    swarm.image_refusals = {PRIVATE: error}
    return swarm


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NOT_LOGGED_IN, "service web: registry r.example.com does not give image r.example.com/team/web:1 to anybody "),
        (NOT_LOGGED_IN, "docker login r.example.com"),
        (BAD_LOGIN, "to what the controller logs in with (unauthorized)"),
        (NOT_THERE, "service web: registry r.example.com has no image r.example.com/team/web:1 (manifest unknown)"),
    ],
)
def test_an_image_that_its_registry_does_not_give_is_refused(error: ImageRefused, said: str) -> None:
    with pytest.raises(NoImage) as raised:
        pins(refusing(error))
    assert said in str(raised.value)


@pytest.mark.parametrize("error", [NOT_LOGGED_IN, BAD_LOGIN, NOT_THERE])
def test_unless_the_service_runs_it_already(error: ImageRefused) -> None:
    """Somebody without the login changes the number of instances."""
    running = f"{PRIVATE}@sha256:01"
    assert pins(refusing(error), running) == ({"web": running}, {})
    with pytest.raises(NoImage):
        pins(refusing(error), "r.example.com/team/web:0@sha256:01")


def test_or_the_manager_has_it() -> None:
    """An image that was loaded into the nodes by hand."""
    swarm = refusing(NOT_THERE)
    swarm.images = {PRIVATE}
    assert pins(swarm) == ({"web": PRIVATE}, {"web": PRIVATE})


def test_what_is_built_comes_later() -> None:
    assert pins(refusing(NOT_THERE), build={"context": "."}) == ({"web": PRIVATE}, {"web": PRIVATE})


def test_a_registry_that_does_not_answer_refuses_nothing() -> None:
    assert pins(FakeSwarm()) == ({"web": PRIVATE}, {"web": PRIVATE})
