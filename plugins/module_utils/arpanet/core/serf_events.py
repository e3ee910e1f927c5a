"""What Serf tells of: members that come and go, user events and queries. And what fits into one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .members import Member

MEMBER_KINDS = ("member-join", "member-leave", "member-failed", "member-update", "member-reap")
USER, QUERY = "user", "query"

# Bytes. Serf's own limit of an event counts its name and its wrapping too, so the role raises that one:
# a payload of this size always passes. A query's is what is left of its 1024 for the payload.
EVENT_LIMIT = 512
QUERY_LIMIT = 768
ANSWER_LIMIT = 768

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BadEvent(ValueError):
    """The event or query cannot be sent; the message says why and what to do."""


@dataclass(frozen=True)
class Event:
    """`kind` is one of MEMBER_KINDS with `members`, or `user` or `query` with `name` and `payload`.

    `ltime` is Serf's logical time, `id` what a query is answered by on the connection that it came from.
    """

    kind: str
    name: str = ""
    payload: bytes = b""
    ltime: int = 0
    id: int = 0
    members: tuple[Member, ...] = ()

    @property
    def path(self) -> str:
        """`member-failed`, `user/deploy`, `query/load`: also where its handlers are."""
        return f"{self.kind}/{self.name}" if self.kind in (USER, QUERY) else self.kind


def is_name(text: str) -> bool:
    """Can it be the name of an event or a query?"""
    return _NAME.fullmatch(text) is not None


def sendable(kind: str, name: str, text: str) -> bytes:
    """The payload of an event or a query, as short as JSON can be, or BadEvent.

    :param kind: `user` or `query`
    :param text: JSON; nothing is a payload too
    """
    if not is_name(name):
        raise BadEvent(
            f"{name!r} is no name of an event or a query: up to 64 letters, digits, dots, hyphens and underscores"
        )
    if not text.strip():
        return b""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadEvent(f"the payload of {name} is not JSON: {error}") from error
    payload = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    limit = EVENT_LIMIT if kind == USER else QUERY_LIMIT
    if len(payload) > limit:
        what = "an event" if kind == USER else "a query"
        raise BadEvent(
            f"the payload of {name} has {len(payload)} bytes and {what} carries at most {limit}: "
            "put it somewhere, such as Consul's key-value store, and send its key"
        )
    return payload
