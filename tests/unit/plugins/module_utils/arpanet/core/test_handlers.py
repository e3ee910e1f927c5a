"""Where handlers are, what they are given, and what counts as an answer."""

from __future__ import annotations

import json

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.handlers import (
    BadSettings,
    Ended,
    Setting,
    Settings,
    answer,
    directories,
    environment,
    payload,
    settings,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.serf_events import ANSWER_LIMIT, Event

OWN = Member("node1", "192.0.2.1", tags={"role": "manager", "label.disk-type": "ssd"})
FAILED = Event("member-failed", members=(Member("node3", "192.0.2.3", status="failed"),))
DEPLOY = Event("user", "deploy", b'{"a":1}', 7)
LOAD = Event("query", "load", b"", 8, 3)


@pytest.mark.parametrize(
    ("event", "where"),
    [(FAILED, ["member-failed"]), (DEPLOY, ["user/deploy", "user"]), (LOAD, ["query/load", "query"])],
)
def test_where_they_are(event: Event, where: list[str]) -> None:
    assert directories(event) == where


@pytest.mark.parametrize("name", ["../../../../usr/bin", "a/b", "..", ".", "", "a\0b", "-x", "x" * 65, "a\n"])
@pytest.mark.parametrize("kind", ["user", "query"])
def test_a_name_that_leads_elsewhere_has_none(kind: str, name: str) -> None:
    assert directories(Event(kind, name, b"payload")) == []


def test_what_they_read() -> None:
    assert payload(DEPLOY) == b'{"a":1}'
    assert json.loads(payload(FAILED)) == [
        {"name": "node3", "addr": "192.0.2.3:7947", "port": 7947, "tags": {}, "status": "failed"}
    ]


def test_their_environment() -> None:
    own = {
        "SERF_SELF_NAME": "node1",
        "SERF_SELF_ROLE": "manager",
        "SERF_TAG_ROLE": "manager",
        "SERF_TAG_LABEL_DISK_TYPE": "ssd",
    }
    assert environment(FAILED, OWN) == {**own, "SERF_EVENT": "member-failed"}
    assert environment(DEPLOY, OWN) == {
        **own, "SERF_EVENT": "user", "SERF_USER_EVENT": "deploy", "SERF_USER_LTIME": "7",
    }  # fmt: skip
    assert environment(LOAD, OWN) == {
        **own, "SERF_EVENT": "query", "SERF_QUERY_NAME": "load", "SERF_QUERY_LTIME": "8",
    }  # fmt: skip
    assert "SERF_TAG_A" not in environment(FAILED, Member("node1", "192.0.2.1", tags={"a": "b\0c"}))


def test_settings() -> None:
    found = settings(
        '{"timeout": 30, "handlers": {"user/deploy/a": {"overlap": true}, "query/load/b": {"timeout": 5}}}'
    )
    assert found.of("user/deploy/a") == Setting(30, True)
    assert found.of("query/load/b") == Setting(5, False)
    assert found.of("member-join/c") == Setting(30, False)
    assert settings("{}") == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON"),
        ("[]", "it is not an object"),
        ('{"handlers": []}', "it is not an object"),
        ('{"time": 3}', "it has something else than overlap and timeout"),
        ('{"handlers": {"a/b": 3}}', "a/b has something else"),
        ('{"timeout": 0}', "timeout is 0, not a number of seconds"),
        ('{"timeout": true}', "timeout is True"),
        ('{"handlers": {"a/b": {"overlap": "no"}}}', "a/b: overlap is 'no'"),
    ],
)
def test_settings_that_are_none(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        settings(text)


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Ended(0, b' {"load": 1}\n'), b'{"load": 1}'),
        (Ended(0, b" \n"), b""),
        (Ended(3, b"output"), b'{"error": "query/load/a ended with exit code 3"}'),
        (Ended(None, b"output"), b'{"error": "query/load/a has not ended within 5 s"}'),
        (
            Ended(0, b"x" * (ANSWER_LIMIT + 1)),
            b'{"error": "query/load/a said 769 bytes, and an answer has at most 768"}',
        ),
    ],
)
def test_answers(ended: Ended, said: bytes) -> None:
    assert answer("query/load/a", ended, 5) == said
