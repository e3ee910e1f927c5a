"""What may be sent, and what fits."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.serf_events import (
    EVENT_LIMIT,
    QUERY_LIMIT,
    BadEvent,
    Event,
    sendable,
)


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (Event("member-join"), "member-join"),
        (Event("user", "deploy"), "user/deploy"),
        (Event("query", "load"), "query/load"),
    ],
)
def test_where_its_handlers_are(event: Event, path: str) -> None:
    assert event.path == path


def test_json_as_short_as_it_can_be() -> None:
    assert sendable("user", "deploy", ' {"a": [1, 2],\n "b": "é"} ') == '{"a":[1,2],"b":"é"}'.encode()
    assert sendable("query", "load", " ") == b""


@pytest.mark.parametrize("name", ["", "../deploy", ".hidden", "a/b", "a b", "x" * 65, "-x"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(BadEvent, match="is no name of an event or a query"):
        sendable("user", name, "1")


def test_what_is_no_json() -> None:
    with pytest.raises(BadEvent, match="the payload of deploy is not JSON"):
        sendable("user", "deploy", "{a: 1}")


@pytest.mark.parametrize(("kind", "limit"), [("user", EVENT_LIMIT), ("query", QUERY_LIMIT)])
def test_the_limit_is_in_bytes(kind: str, limit: int) -> None:
    fits = '"' + "é" * (limit // 2 - 1) + '"'
    assert len(sendable(kind, "deploy", fits)) == limit
    with pytest.raises(BadEvent, match=rf"the payload of deploy has {limit + 1} bytes and .* at most {limit}: put it"):
        sendable(kind, "deploy", fits[:-1] + 'x"')
