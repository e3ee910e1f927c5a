"""Trust between a machine and a cluster: what is believed, and each attack on it."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict, replace
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import join
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import (
    Answer,
    Pin,
    Question,
    Refused,
    Welcome,
)
from hypothesis import given
from hypothesis import strategies as st

ANY = Pin()
KEY, OTHER = b"k" * 32, b"o" * 32
CA, STRANGE = "a" * 50, "b" * 50
TOKEN = f"SWMTKN-1-{CA}-{'s' * 25}"
QUESTION = Question(join.WHO, "nonce-1", "node4", "10.0.0.4")
ANSWER = Answer("ours", CA, "nonce-1", join.WHO)
WELCOME = Welcome(TOKEN, {"10.0.0.1": True, "10.0.0.2": False}, {"serf": {"log_level": "info"}}, {"encrypt": "x"})


def read(answer: Answer, wanted: Pin = ANY, key: bytes = KEY, question: Question = QUESTION) -> Answer:
    return join.read_answer(join.seal(answer, key), KEY, question, wanted)


# Questions


def test_a_question_is_read_with_the_key_that_it_was_made_with() -> None:
    assert join.read_question(join.seal(QUESTION, OTHER), [KEY, OTHER]) == (QUESTION, OTHER)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"code": 1}',
        b"\xff",
        b"[" * 1024,
        b'{"code": "\\ud800"}',
        join.seal(QUESTION, OTHER),
    ],
)
def test_a_question_without_the_key_is_refused(payload: bytes) -> None:
    with pytest.raises(Refused, match="not made with this cluster's key"):
        join.read_question(payload, [KEY])


@given(st.binary(max_size=300))
def test_no_noise_is_a_question_or_breaks_the_reader(payload: bytes) -> None:
    with pytest.raises(Refused):
        join.read_question(payload, [KEY])


def test_every_part_of_a_message_counts() -> None:
    body = json.loads(join.seal(ANSWER, KEY))
    for name in asdict(ANSWER):
        changed = {**body, name: 7 if isinstance(body[name], int) else body[name] + "x"}
        with pytest.raises(Refused, match="stranger"):
            join.read_answer(json.dumps(changed).encode(), KEY, QUESTION, Pin())


def test_a_question_sent_back_is_no_answer() -> None:
    """The same text would not do either: each direction has a key of its own."""
    with pytest.raises(Refused, match="stranger"):
        join.read_answer(join.seal(QUESTION, KEY), KEY, QUESTION, Pin())


def test_a_later_version_may_say_more() -> None:
    body = {**asdict(ANSWER), "more": 1}
    sealed = json.dumps({**body, "code": join._code(body, KEY, Answer)}).encode()
    assert join.read_answer(sealed, KEY, QUESTION, Pin()) == ANSWER


@pytest.mark.parametrize("change", [{"part": "0"}, {"known": 1}, {"error": None}, {"data": []}])
def test_who_has_the_key_still_has_to_keep_to_the_form(change: dict[str, Any]) -> None:
    body = {**asdict(ANSWER), **change}
    sealed = json.dumps({**body, "code": join._code(body, KEY, Answer)}).encode()
    with pytest.raises(Refused, match="stranger"):
        join.read_answer(sealed, KEY, QUESTION, Pin())


def test_no_message_shows_the_key() -> None:
    for message in (QUESTION, ANSWER):
        assert b"kkkk" not in join.seal(message, KEY)
        assert base64.b64encode(KEY)[:8] not in join.seal(message, KEY)


# Answers


@pytest.mark.parametrize("wanted", [Pin(), Pin("ours"), Pin("ours", CA), Pin("", CA)])
def test_the_right_answer_is_believed(wanted: Pin) -> None:
    assert read(ANSWER, wanted) == ANSWER


def test_an_answer_without_the_key_is_a_strangers() -> None:
    with pytest.raises(Refused, match="a stranger's answer"):
        read(ANSWER, key=OTHER)


def test_an_answer_to_an_earlier_join_is_a_replay() -> None:
    with pytest.raises(Refused, match="a replayed answer: it was given to another question"):
        read(replace(ANSWER, nonce="nonce-0"))


@pytest.mark.parametrize("change", [{"ask": join.GIVE}, {"part": 1}])
def test_an_answer_to_an_earlier_question_of_this_join_is_a_replay(change: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="a replayed answer: it was given to an earlier question"):
        read(replace(ANSWER, **change))


@pytest.mark.parametrize("wanted", [Pin("theirs"), Pin("ours", STRANGE), Pin("theirs", CA)])
def test_an_answer_of_another_cluster_names_both(wanted: Pin) -> None:
    with pytest.raises(Refused, match=f"another cluster, ours:{CA}; {wanted} is meant"):
        read(ANSWER, wanted)


# Pins and keys


@pytest.mark.parametrize(("text", "found"), [("", Pin()), ("abc1", Pin("abc1")), (f"abc1:{CA}", Pin("abc1", CA))])
def test_pins(text: str, found: Pin) -> None:
    assert join.pin(text) == found
    assert str(found) == text


@pytest.mark.parametrize("text", ["A b", "abc:", "abc:short", ":", "-x", "abc:" + "a" * 51])
def test_what_is_no_pin(text: str) -> None:
    with pytest.raises(Refused, match="no cluster's id"):
        join.pin(text)


def test_a_key_is_base64_of_a_length_that_serf_takes() -> None:
    assert join.gossip_key(base64.b64encode(KEY).decode() + "\n") == KEY


@pytest.mark.parametrize("text", ["", "secret?", base64.b64encode(b"short").decode(), "é"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(Refused, match="no key of Serf's gossip") as caught:
        join.gossip_key(text)
    assert not text or text not in str(caught.value)


# Who answers


def test_those_who_agree_are_gone_on_with() -> None:
    answers = {"node2": ANSWER, "node1": ANSWER, "node3": replace(ANSWER, error="no leader")}
    assert join.agreed(answers) == ["node1", "node2"]


def test_two_clusters_are_one_too_many() -> None:
    answers = {"node1": ANSWER, "node4": replace(ANSWER, cluster="theirs", ca=STRANGE)}
    with pytest.raises(Refused, match=f"a stranger's manager.*node1 says ours:{CA}, node4 says theirs:{STRANGE}"):
        join.agreed(answers)


def test_the_same_id_under_another_authority_is_another_cluster() -> None:
    with pytest.raises(Refused, match="a stranger's manager"):
        join.agreed({"node1": ANSWER, "node4": replace(ANSWER, ca=STRANGE)})


def test_when_nobody_can_help_each_says_why() -> None:
    with pytest.raises(Refused, match=r"no manager can let this machine in\. node1: no leader; node2: locked"):
        join.agreed({"node1": replace(ANSWER, error="no leader"), "node2": Answer("", "", "n", "who", error="locked")})


# What is given


def test_a_welcome_survives_its_parts() -> None:
    # As large as certificates make it, and as little compressible.
    large = replace(WELCOME, consul={"ca": base64.b64encode(zlib.compress(bytes(range(256)) * 8)).decode() * 6})
    cut = join.parts(large)
    assert join.whole(cut, CA) == large


def test_parts_fit_into_a_message_of_serf() -> None:
    noise = "".join(chr(33 + (n * 7919) % 90) for n in range(4000))
    for number, part in enumerate(join.parts(replace(WELCOME, consul={"x": noise}))):
        answer = Answer("w" * 25, CA, "n" * 22, join.GIVE, number, 99, part, True)
        # Serf adds its own words: numbers and the sender's name, which may have 64 letters.
        assert len(join.seal(answer, KEY)) + 120 <= 1024


def test_questions_fit_into_a_message_of_serf() -> None:
    longest = Question(join.GIVE, "n" * 22, "h" * 64, "255.255.255.255", "m" * 25, 99)
    # Serf's filters hold the name of a node, too.
    assert len(join.seal(longest, KEY)) + 300 <= 1024


@pytest.mark.parametrize("given_", [[], ["!"], ["AAAA"], join.parts(WELCOME)[:-1], [base64.b64encode(b"x").decode()]])
def test_a_broken_welcome_is_refused(given_: list[str]) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        join.whole(given_, CA)


def test_a_bomb_is_refused() -> None:
    packed = zlib.compress(b" " * (join.LARGEST * 20))
    with pytest.raises(Refused, match="too long"):
        join.whole([base64.b64encode(packed).decode()], CA)


@pytest.mark.parametrize("token", [TOKEN.replace(CA, STRANGE), "", "SWMTKN-2-x-y"])
def test_a_token_of_another_authority_is_a_strangers(token: str) -> None:
    with pytest.raises(Refused, match="a stranger's manager: its join token leads to another swarm"):
        join.whole(join.parts(replace(WELCOME, token=token)), CA)


def test_without_a_reachable_manager_there_is_nowhere_to_join() -> None:
    with pytest.raises(Refused, match="no reachable manager"):
        join.whole(join.parts(replace(WELCOME, managers={"10.0.0.1": False})), CA)
