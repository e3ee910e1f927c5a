"""A manager's answers: who gets one, what is in it, and what is in none."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import SerfRefused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.door import Door, _reply
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import join
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import ANY, Answer, Question, Welcome
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.serf_events import QUERY, Event
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import ACTIVE, INACTIVE, Local, Member
from fakes.joining import CA, MANAGER, WORKER, FakeEngine, door, given, manager_engine

KEY = b"k" * 32
WHO = Question(join.WHO, "n1", "node7", "10.0.0.7")
GIVE = replace(WHO, ask=join.GIVE)


def ask(a_door: Door, question: Question = WHO, key: bytes = KEY) -> Answer | None:
    said = a_door.answer(join.seal(question, key))
    return None if said is None else join.read_answer(said, key, question, ANY)


def test_who_it_is() -> None:
    assert ask(door(manager_engine())) == Answer("ours", CA, "n1", join.WHO)


def test_it_says_whether_it_knows_a_node() -> None:
    answer = ask(door(manager_engine()), replace(WHO, member="m2"))
    assert answer and answer.known


def test_what_a_worker_needs() -> None:
    at = door(manager_engine())
    first = ask(at, GIVE)
    assert first and not first.error
    parts = [ask(at, replace(GIVE, part=number)) for number in range(first.parts)]
    assert join.whole([part.data for part in parts if part], CA) == given(WORKER, {"10.0.0.1": True, "10.0.0.2": True})


@pytest.mark.parametrize("local", [Local(INACTIVE), Local(ACTIVE, "w1", "", False)])
def test_only_managers_answer(local: Local) -> None:
    assert ask(door(FakeEngine(local))) is None


def test_who_has_no_key_gets_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    assert door(manager_engine()).answer(join.seal(GIVE, b"o" * 32)) is None
    assert "not made with this cluster's key" in caplog.text


@pytest.mark.parametrize("what", ["manager", "tokens", "", "who "])
def test_there_are_two_questions_and_neither_is_for_more(what: str) -> None:
    answer = ask(door(manager_engine()), replace(WHO, ask=what))
    assert answer and "knows no question" in answer.error
    assert not answer.data


@pytest.mark.parametrize("part", [-1, 9])
def test_parts_that_are_not_there(part: int) -> None:
    answer = ask(door(manager_engine()), replace(GIVE, part=part))
    assert answer and "there is no part" in answer.error


def test_no_answer_and_no_line_of_the_log_has_a_managers_token(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def watched(token: str, managers: dict[str, bool]) -> Welcome:
        seen.append(token)
        return given(token, managers)

    caplog.set_level(logging.INFO)
    at = Door(manager_engine(), lambda: [KEY], watched)
    for ask_for in (join.WHO, join.GIVE, "manager"):
        at.answer(join.seal(replace(WHO, ask=ask_for), KEY))
    assert seen == [WORKER]
    assert MANAGER not in caplog.text and WORKER not in caplog.text


def test_all_parts_come_from_one_welcome() -> None:
    count = iter(range(9))
    at = Door(
        manager_engine(), lambda: [KEY], lambda token, who: replace(given(token, who), settings={"x": next(count)})
    )
    assert ask(at, GIVE) == ask(at, GIVE)
    assert ask(at, replace(GIVE, nonce="n2")) != ask(at, GIVE)


def test_what_was_begun_is_forgotten_in_the_end() -> None:
    at = door(manager_engine())
    for number in range(200):
        ask(at, replace(GIVE, nonce=str(number)))
    assert len(at._begun) < 100


def test_a_manager_without_a_quorum_says_so() -> None:
    engine = manager_engine()

    def fails() -> dict[str, str]:
        raise SwarmError("GET /swarm: the swarm does not have a leader")

    engine.tokens = fails
    answer = ask(door(engine))
    assert answer and answer.error == "GET /swarm: the swarm does not have a leader"
    assert (answer.cluster, answer.ca) == ("ours", "")


def test_a_long_reason_still_fits_into_an_answer() -> None:
    engine = manager_engine()

    def fails() -> dict[str, str]:
        raise SwarmError("é" * 5000)

    engine.tokens = fails
    assert len(door(engine).answer(join.seal(WHO, KEY)) or b"") <= 900


@pytest.mark.parametrize(
    ("state", "address", "taken"),
    [("ready", "10.0.0.9", True), ("down", "10.0.0.9", False), ("ready", "10.0.0.7", False)],
)
def test_names_that_are_taken(state: str, address: str, taken: bool) -> None:
    node = Member("x", "node7", "worker", state=state, address=address)
    answer = ask(door(manager_engine(nodes=[node])))
    assert answer and bool(answer.error) is taken


def test_keys_may_be_rotated_meanwhile() -> None:
    other = b"o" * 32
    at = Door(manager_engine(), lambda: [KEY, other], given)
    assert ask(at, key=other) and ask(at, key=KEY)


def test_a_reply_that_comes_too_late_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def late(_event: Event, _payload: bytes) -> None:
        raise SerfRefused("the query is over")

    _reply(door(manager_engine()), late, Event(QUERY, join.QUERY, join.seal(WHO, KEY)))
    assert "the query is over" in caplog.text


def test_nor_does_a_mistake_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    _reply(Door(manager_engine(), lambda: 1 / 0, given), lambda *_: None, Event(QUERY))
    assert "could not be answered" in caplog.text
