"""The keys of a gossip as all members have them: Consul's through its API, Serf's through its RPC.

A key is never an argument of a process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..core import keyring
from ..core.keyring import Ring, RotationError, Step
from ..core.members import ALIVE, CONSUL_STATUSES, LEFT
from .consul_raw import RawError, ask
from .serf import Serf, SerfError


class Keys(Protocol):
    """Whoever can change the keys of all members at once."""

    def ring(self) -> Ring: ...

    def apply(self, step: Step) -> None: ...


class SerfKeys:
    """Those of Serf's gossip."""

    def __init__(self) -> None:
        # Long enough for members that answer late.
        self._serf = Serf(timeout=15)

    def ring(self) -> Ring:
        """:raises RotationError: Serf does not answer, or a member is gone."""
        with _Plain():
            failed = [member.name for member in self._serf.members(status="failed|leaving")]
            if failed:
                raise RotationError(f"{', '.join(failed)} is not there and would never hear of a new key")
            report = self._serf.list_keys()
        return Ring(report.nodes, report.keys, None, report.messages if report.errors else None)

    def apply(self, step: Step) -> None:
        """:raises RotationError: a member did not do it."""
        doers: dict[str, Callable[[str], Any]] = {
            "install": self._serf.install_key,
            "use": self._serf.use_key,
            "remove": self._serf.remove_key,
        }
        with _Plain():
            report = doers[step.verb](step.key)
        if report.errors:
            raise RotationError(f"{step.verb} on {', '.join(sorted(report.messages))}: failed there")


class _Plain:
    """Turns Serf's errors into RotationError."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SerfError):
            raise RotationError(str(error)) from error


class ConsulKeys:
    """Those of Consul's gossip. `token_file` may be missing where there is no access control."""

    def __init__(self, url: str, token_file: str) -> None:
        self._url = url
        self._token_file = token_file

    def ring(self) -> Ring:
        """:raises RotationError: Consul does not answer, or a member is gone."""
        members = self._ask("GET", "/v1/agent/members")
        there = (ALIVE, LEFT)
        failed = [str(one["Name"]) for one in members if CONSUL_STATUSES.get(one["Status"]) not in there]
        if failed:
            raise RotationError(f"{', '.join(failed)} is not there and would never hear of a new key")
        return keyring.consul(self._ask("GET", "/v1/operator/keyring"))

    def apply(self, step: Step) -> None:
        """:raises RotationError: a member did not do it."""
        method = {"install": "POST", "use": "PUT", "remove": "DELETE"}[step.verb]
        self._ask(method, "/v1/operator/keyring", {"Key": step.key})

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        try:
            data = ask(method, path, json.dumps(body).encode() if body else None, self._url, self._token_file)
        except RawError as error:
            raise RotationError(str(error)) from error
        return json.loads(data) if data.strip() else None
