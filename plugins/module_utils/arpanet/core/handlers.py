"""Which programs handle an event, with what, and what their answer to a query is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .members import Member
from .serf_events import ANSWER_LIMIT, QUERY, USER, Event, is_name

DEFAULT_TIMEOUT = 60.0
_KNOWN = {"timeout", "overlap"}


class BadSettings(ValueError):
    """The settings cannot be used; the message says what and why."""


@dataclass(frozen=True)
class Setting:
    """`timeout` in seconds; with `overlap` one run of a handler does not wait for the one before."""

    timeout: float = DEFAULT_TIMEOUT
    overlap: bool = False


@dataclass(frozen=True)
class Settings:
    """Those of all handlers, and of single ones by their path such as `user/deploy/10-notify`."""

    common: Setting = Setting()
    single: Mapping[str, Setting] = field(default_factory=dict)

    def of(self, handler: str) -> Setting:
        """A handler's."""
        return self.single.get(handler, self.common)


@dataclass(frozen=True)
class Ended:
    """How a handler ended. `code` is None when its time was over."""

    code: int | None
    output: bytes = b""


def settings(text: str) -> Settings:
    """From the text of handlers.json, or BadSettings."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadSettings(f"it is not JSON: {error}") from error
    if not isinstance(value, dict) or not isinstance(value.get("handlers", {}), dict):
        raise BadSettings("it is not an object with an object `handlers`")
    single = value.get("handlers", {})
    common = _setting({name: one for name, one in value.items() if name != "handlers"}, Setting(), "it")
    return Settings(common, {name: _setting(one, common, name) for name, one in single.items()})


def _setting(value: Any, otherwise: Setting, where: str) -> Setting:
    if not isinstance(value, dict) or value.keys() - _KNOWN:
        raise BadSettings(f"{where} has something else than {' and '.join(sorted(_KNOWN))}")
    timeout, overlap = value.get("timeout", otherwise.timeout), value.get("overlap", otherwise.overlap)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
        raise BadSettings(f"{where}: timeout is {timeout!r}, not a number of seconds")
    if not isinstance(overlap, bool):
        raise BadSettings(f"{where}: overlap is {overlap!r}, not true or false")
    return Setting(float(timeout), overlap)


def directories(event: Event) -> list[str]:
    """Where an event's handlers are, below handlers.d: `user/deploy`, and `user` for user events of any name.

    None for a name that ours would not send: whoever has the gossip's key sends any, and it becomes a path here.
    """
    if event.kind not in (USER, QUERY):
        return [event.path]
    return [event.path, event.kind] if is_name(event.name) else []


def payload(event: Event) -> bytes:
    """What a handler reads: of a member event, the members as JSON; else what was sent."""
    if event.kind in (USER, QUERY):
        return event.payload
    return json.dumps([one.as_json() for one in event.members]).encode()


def environment(event: Event, own: Member) -> dict[str, str]:
    """What a handler finds in its environment, under the names that Serf's own handlers know."""
    words = {"SERF_EVENT": event.kind, "SERF_SELF_NAME": own.name, "SERF_SELF_ROLE": own.tags.get("role", "")}
    for name, value in own.tags.items():
        words[f"SERF_TAG_{re.sub(r'[^A-Z0-9_]', '_', name.upper())}"] = value
    if event.kind == USER:
        words |= {"SERF_USER_EVENT": event.name, "SERF_USER_LTIME": str(event.ltime)}
    elif event.kind == QUERY:
        words |= {"SERF_QUERY_NAME": event.name, "SERF_QUERY_LTIME": str(event.ltime)}
    # No program's environment can hold these.
    return {name: value for name, value in words.items() if "\0" not in value}


def answer(handler: str, ended: Ended, timeout: float) -> bytes:
    """What a handler answers to a query: its output, or why there is none. Empty: nothing to say."""
    if ended.code is None:
        return _trouble(f"{handler} has not ended within {timeout:g} s")
    if ended.code:
        return _trouble(f"{handler} ended with exit code {ended.code}")
    said = ended.output.strip()
    if len(said) > ANSWER_LIMIT:
        return _trouble(f"{handler} said {len(said)} bytes, and an answer has at most {ANSWER_LIMIT}")
    return said


def _trouble(what: str) -> bytes:
    return json.dumps({"error": what}).encode()[:ANSWER_LIMIT]
