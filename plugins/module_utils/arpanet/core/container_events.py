"""What an event of Docker's means for an instance.

Events only say where to look at once; what is true is read from the container list. Two events
say more than the list does, or say it earlier: a container that died is gone also where Docker
no longer answers, and one that was sent its stop signal is going although it still runs.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import Enum
from typing import Any

# What the agent asks Docker for. Health checks cause `exec_…` events all the time; nobody needs those.
ACTIONS = ("die", "health_status", "kill", "pause", "start", "unpause")


class Meaning(Enum):
    """What to do about an event."""

    LOOK = "look at the container list"
    STARTED = "it runs, whatever was said of it before"
    SIGNALLED = "it was sent a signal, which may be the one that stops it"
    GONE = "it does not run any more"


@dataclass(frozen=True)
class Event:
    """An event of one container. `signal` is the number that a `kill` sent, else 0."""

    container: str
    meaning: Meaning
    signal: int = 0


def read(raw: dict[str, Any]) -> Event:
    """Docker's event (an item of `GET /events`)."""
    actor = raw.get("Actor") or {}
    container = str(actor.get("ID") or raw.get("id") or "")
    # `health_status: healthy` carries its outcome behind the colon.
    action = str(raw.get("Action") or raw.get("status") or "").split(":")[0]
    if action == "kill":
        sent = str((actor.get("Attributes") or {}).get("signal") or "")
        return Event(container, Meaning.SIGNALLED, signal_number(sent))
    return Event(container, {"start": Meaning.STARTED, "die": Meaning.GONE}.get(action, Meaning.LOOK))


def stops(sent: int, stop_signal: str) -> bool:
    """Does this signal mean the container's end?

    Swarm stops a task by sending the image's or the service's stop signal (SIGTERM when there is
    none), and SIGKILL later. Any other signal is somebody's message to the process (HUP: read your
    configuration again).
    """
    return sent in (signal.SIGKILL, signal.SIGTERM) or 0 < sent == signal_number(stop_signal)


def signal_number(text: str) -> int:
    """15 for `15`, `TERM` and `SIGTERM`; `SIGRTMIN+3` too; 0 for what is no signal."""
    if text.isdigit():
        return int(text)
    name, _, offset = text.upper().partition("+")
    try:
        number = signal.Signals[name if name.startswith("SIG") else f"SIG{name}"]
    except KeyError:
        return 0
    return number + int(offset) if offset.isdigit() else number
