from __future__ import annotations

import logging
import threading

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent import loop as module
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.loop import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Backoff,
    Loop,
    for_ever,
)
from fakes.node import Clock


class Work:
    """Remembers the looks and fails when told to."""

    def __init__(self) -> None:
        self.looks: list[bool] = []
        self.error: Exception | None = None

    def __call__(self, whole: bool) -> None:
        self.looks.append(whole)
        if self.error:
            raise self.error


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def loop(work: Work, clock: Clock) -> Loop:
    return Loop("test", work, interval=30, clock=clock, sleep=clock.sleep)


def test_the_first_look_is_whole_and_the_next_after_an_interval(loop: Loop, work: Work, clock: Clock) -> None:
    loop.turn()
    clock.now += 10
    loop.turn()  # poked
    clock.now += 20
    loop.turn()
    assert work.looks == [True, False, True]


def test_pokes_do_not_put_the_whole_look_off(loop: Loop, work: Work, clock: Clock) -> None:
    for _ in range(40):
        loop.turn()
        clock.now += 1
    assert work.looks.count(True) == 2


def test_the_last_poke_has_an_echo(work: Work, clock: Clock) -> None:
    loop = Loop("test", work, interval=30, gap=0, echo=0.5, clock=clock, sleep=clock.sleep)
    loop.turn()
    assert loop.idle() == 30
    for _ in range(3):
        loop.poke()
        loop.turn()
        assert loop.idle() == 0.5
        clock.now += 0.25
    clock.now += 0.25
    assert loop.idle() == 0
    loop.turn()
    assert loop.idle() == 29
    assert work.looks == [True, False, False, False, False]


def test_without_an_echo_a_poke_is_one_look(loop: Loop) -> None:
    loop.turn()
    loop.poke()
    loop.turn()
    assert loop.idle() > 29


def test_a_failure_is_retried_with_a_whole_look(loop: Loop, work: Work) -> None:
    loop.turn()
    work.error = ConsulError("gone")
    assert loop.turn() is False
    assert loop.turn() is False
    work.error = None
    assert loop.turn() is True
    loop.turn()
    assert work.looks == [True, False, True, True, False]


def test_pauses_grow_and_shrink_again(loop: Loop, work: Work, clock: Clock) -> None:
    work.error = ConsulError("gone")
    for _ in range(8):
        loop.turn()
    assert clock.slept[0] <= FIRST_PAUSE
    assert LONGEST_PAUSE / 2 <= clock.slept[-1] <= LONGEST_PAUSE
    work.error = None
    loop.turn()
    work.error = ConsulError("gone again")
    loop.turn()
    assert clock.slept[-1] <= FIRST_PAUSE


def test_an_outage_is_two_lines(loop: Loop, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    work.error = ConsulError("gone")
    for _ in range(5):
        loop.turn()
    work.error = None
    loop.turn()
    loop.turn()
    assert [record.message for record in caplog.records] == ["test: gone", "test: all is well again"]
    assert caplog.records[0].exc_info is None


def test_a_defect_does_not_end_the_loop_and_shows_where_it_is(
    loop: Loop, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    work.error = KeyError("oops")
    assert loop.turn() is False
    assert caplog.records[0].exc_info is not None
    work.error = None
    assert loop.turn() is True


def test_every_turn_is_reported_also_one_that_failed(work: Work, clock: Clock) -> None:
    turns: list[int] = []
    loop = Loop("test", work, 30, after=lambda: turns.append(1), clock=clock, sleep=clock.sleep)
    loop.turn()
    work.error = ConsulError("gone")
    loop.turn()
    assert len(turns) == 2


def test_pokes_of_a_burst_are_answered_together() -> None:
    looks: list[bool] = []
    first, second = threading.Event(), threading.Event()

    def work(whole: bool) -> None:
        looks.append(whole)
        (second if first.is_set() else first).set()

    loop = Loop("test", work, interval=600)
    loop.start()
    assert first.wait(5)
    for _ in range(50):
        loop.poke()
    assert second.wait(5)
    assert len(looks) <= 3


def test_what_nobody_expects_is_told_and_ends_no_thread(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0)
    again, steps = threading.Event(), iter([AttributeError("'list' object has no attribute 'items'")])

    def step() -> None:
        if error := next(steps, None):
            raise error
        again.set()
        threading.Event().wait()

    for_ever(step, "puller")
    assert again.wait(5)
    assert "puller" in caplog.text and "no attribute 'items'" in caplog.text


def test_backoff_stays_within_its_limit_for_ever() -> None:
    backoff = Backoff(longest=5)
    for _ in range(5000):
        assert 0 < backoff.pause() <= 5
