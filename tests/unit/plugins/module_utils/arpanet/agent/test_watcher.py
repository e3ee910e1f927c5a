from __future__ import annotations

import logging
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.watcher import Watcher
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.container_events import Event, Meaning
from fakes.node import Clock, FakeContainers


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, event: Event) -> None:
        self.heard.append(f"{event.meaning.name} {event.container}")

    def forget(self) -> None:
        self.heard.append("forget")

    def poke(self) -> None:
        self.heard.append("poke")


@pytest.fixture
def listener() -> Listener:
    return Listener()


def watcher(containers: Any, listener: Listener, clock: Clock) -> Watcher:
    return Watcher(containers, listener, listener.poke, lambda event: event.signal == 15, clock.sleep)


def test_events_are_noted_before_the_poke(listener: Listener) -> None:
    containers = FakeContainers()
    containers.streams = [[Event("c1", Meaning.STARTED), Event("c1", Meaning.GONE)]]
    watcher(containers, listener, Clock()).follow()
    assert listener.heard == ["forget", "poke", "STARTED c1", "poke", "GONE c1", "poke", "poke"]


def test_a_signal_that_does_not_end_a_container_is_no_event(listener: Listener) -> None:
    containers = FakeContainers()
    containers.streams = [[Event("c1", Meaning.SIGNALLED, 1), Event("c2", Meaning.SIGNALLED, 15)]]
    watcher(containers, listener, Clock()).follow()
    assert listener.heard == ["forget", "poke", "SIGNALLED c2", "poke", "poke"]


def test_a_break_is_a_gap_before_and_after_it(listener: Listener) -> None:
    containers = FakeContainers()
    one = watcher(containers, listener, Clock())
    one.follow()
    one.follow()
    assert listener.heard == ["forget", "poke", "poke", "forget", "poke", "poke"]


def test_an_outage_is_followed_through(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    containers, clock = FakeContainers(), Clock()
    one = watcher(containers, listener, clock)
    containers.down = True
    for _ in range(6):
        one.follow()
    assert clock.slept[-1] > clock.slept[0]
    assert set(listener.heard) == {"poke"}
    containers.down = False
    one.follow()
    assert clock.slept[-1] <= 0.2
    assert [record.message for record in caplog.records] == [
        "watcher: Docker does not answer",
        "watcher: following events again",
        "watcher: the event stream ended",
    ]


def test_a_defect_does_not_end_it(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeContainers):
        def events(self) -> Any:
            raise KeyError("oops")

    watcher(Broken(), listener, Clock()).follow()
    assert listener.heard == ["poke"]
    assert caplog.records[0].exc_info is not None
