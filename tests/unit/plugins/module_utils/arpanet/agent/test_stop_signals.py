from __future__ import annotations

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.stop_signals import StopSignals
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.container_events import Event, Meaning
from fakes.node import FakeContainers, container


def signalled(identifier: str, number: int) -> Event:
    return Event(identifier, Meaning.SIGNALLED, number)


def test_a_container_is_asked_for_once() -> None:
    docker = FakeContainers()
    docker.stop_signals = {"c1": "SIGQUIT", "c2": "SIGTERM"}
    signals = StopSignals(docker)
    signals.learn([container("c1")])
    signals.learn([container("c1"), container("c2")])
    assert docker.inspected == ["c1", "c2"]
    assert signals.is_end(signalled("c1", 3))
    assert not signals.is_end(signalled("c2", 3))
    signals.learn([])
    assert not signals.is_end(signalled("c1", 3))


def test_what_is_not_known_is_dockers_default() -> None:
    docker = FakeContainers()
    signals = StopSignals(docker)
    signals.learn([container("c1")])  # gone before it could be asked for
    assert signals.is_end(signalled("c1", 15))
    assert not signals.is_end(signalled("c1", 1))
