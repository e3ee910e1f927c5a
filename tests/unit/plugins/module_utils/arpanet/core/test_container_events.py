from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.container_events import (
    Event,
    Meaning,
    read,
    signal_number,
    stops,
)


def raw(action: str, **attributes: str) -> dict[str, Any]:
    return {"Type": "container", "Action": action, "Actor": {"ID": "c1", "Attributes": attributes}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (raw("start"), Event("c1", Meaning.STARTED)),
        (raw("die", exitCode="0"), Event("c1", Meaning.GONE)),
        (raw("pause"), Event("c1", Meaning.LOOK)),
        (raw("health_status: healthy"), Event("c1", Meaning.LOOK)),
        (raw("kill", signal="15"), Event("c1", Meaning.SIGNALLED, 15)),
        (raw("kill", signal="HUP"), Event("c1", Meaning.SIGNALLED, 1)),
        (raw("kill"), Event("c1", Meaning.SIGNALLED, 0)),
        # Engines before 1.10 had no Actor.
        ({"status": "die", "id": "c1"}, Event("c1", Meaning.GONE)),
        ({}, Event("", Meaning.LOOK)),
    ],
)
def test_read(event: dict[str, Any], expected: Event) -> None:
    assert read(event) == expected


@pytest.mark.parametrize(
    ("sent", "stop_signal", "end"),
    [
        (15, "", True),
        (15, "SIGTERM", True),
        (9, "SIGQUIT", True),
        (3, "SIGQUIT", True),
        (3, "", False),
        (3, "SIGTERM", False),
        (1, "", False),
        (1, "SIGTERM", False),
        (28, "SIGWINCH", True),
        (28, "", False),
        # A signal that nobody can name is not an end, nor is a stop signal that is none.
        (0, "", False),
        (0, "nonsense", False),
    ],
)
def test_stops(sent: int, stop_signal: str, end: bool) -> None:
    assert stops(sent, stop_signal) is end


@pytest.mark.parametrize(
    ("text", "number"),
    [("15", 15), ("TERM", 15), ("SIGTERM", 15), ("sigquit", 3), ("SIGRTMIN+3", 37), ("", 0), ("SIGNOPE", 0)],
)
def test_signal_number(text: str, number: int) -> None:
    assert signal_number(text) == number
