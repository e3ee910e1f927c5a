"""A file that grows is shown line by line."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from ansible_collections.arpanet.cluster.plugins.plugin_utils.follow import following


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_lines_are_shown_as_they_come_and_once() -> None:
    text, shown = "", []
    with following(lambda seen: text.encode()[seen:].decode(), shown.append, interval=0.001):
        text = "äpfel 1/2\nbirnen"
        until(lambda: shown == ["äpfel 1/2"])
        text += " 0/1\n"
        until(lambda: shown == ["äpfel 1/2", "birnen 0/1"])


def test_what_came_last_is_shown_at_the_end() -> None:
    shown: list[str] = []
    with following(lambda seen: "web 1/1\n"[seen:], shown.append, interval=3600):
        pass
    assert shown == ["web 1/1"]


def test_nothing_that_fails_in_looking_fails_the_work() -> None:
    def read(seen: int) -> str:
        raise OSError("no such file")

    with following(read, pytest.fail, interval=0.001):
        time.sleep(0.01)
