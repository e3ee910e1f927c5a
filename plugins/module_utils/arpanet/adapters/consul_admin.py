"""Consul's own affairs: leader, health of its servers, policies and tokens.

With nothing but the standard library, because a node has Consul before it has a library for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..core import consul_tokens
from ..core.consul_tokens import Step
from . import consul_raw
from .consul_raw import DEFAULT_URL, TOKEN_FILE


class AdminError(Exception):
    """Consul did not answer in time, or refused; the message says what was tried and what it said."""


class Refused(AdminError):
    """Consul answered that it will not, with this status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Admin:
    """One Consul agent, by its HTTP address. A token file that is not there is no token."""

    def __init__(self, url: str = DEFAULT_URL, token_file: str = TOKEN_FILE, timeout: float = 10) -> None:
        self.url = url
        self._timeout = timeout
        self._token_file = token_file

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an answer. Refused for any status from 400 on but 404, which is None."""
        try:
            data = json.dumps(body).encode() if body is not None else None
            status, answer = consul_raw.request(method, path, data, self.url, self._token_file, self._timeout)
        except consul_raw.RawError as error:
            raise AdminError(str(error)) from error
        text = answer.decode(errors="replace")
        if status == 404:
            return None
        # 429 is how the health of servers says "not yet", with a whole answer.
        if status >= 400 and status != 429:
            raise Refused(f"Consul at {self.url} said to {method} {path}: {status} {text.strip()}", status)
        return json.loads(text) if text else None

    def leader(self) -> str:
        """Address and port of the leader; empty when there is none."""
        return str(self.ask("GET", "/v1/status/leader") or "")

    def ailing(self, names: Collection[str]) -> list[str]:
        """Those of these servers that vote and are not healthy; all of them while nobody knows."""
        voters = self.voters()
        return sorted(name for name in names if not voters.get(name, bool(voters)))

    def voters(self) -> dict[str, bool]:
        """The names of the servers that vote, and whether each is healthy; none while nobody knows."""
        health = self.ask("GET", "/v1/operator/autopilot/health")
        # One that was just elected has not looked yet.
        servers = (health and health["Servers"]) or ()
        return {one["Name"]: bool(one["Healthy"]) for one in servers if one["Voter"]}

    def policies(self) -> list[dict[str, Any]]:
        """The policies that are ours, with their rules."""
        listed = self.ask("GET", "/v1/acl/policies")
        ours = [item for item in listed if item["Name"].startswith(consul_tokens.PREFIX)]
        return [self.ask("GET", f"/v1/acl/policy/{item['ID']}") for item in ours]

    def tokens(self) -> list[dict[str, Any]]:
        """All tokens, without their SecretIDs in what is returned."""
        listed = self.ask("GET", "/v1/acl/tokens")
        return [{key: value for key, value in item.items() if key != "SecretID"} for item in listed]

    def apply(self, step: Step) -> None:
        """Make, change or delete a policy or a token."""
        method = "DELETE" if step.body is None else "PUT"
        self.ask(method, f"/v1/acl/{step.kind}" + (f"/{step.id}" if step.id else ""), step.body)


def until(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask again until it is so; AdminError with the last refusal after `seconds`."""
    deadline = time.monotonic() + seconds
    reason = ""
    while True:
        try:
            if ready():
                return
            reason = ""
        except AdminError as error:
            reason = f": {error}"
        if time.monotonic() > deadline:
            raise AdminError(f"{what} within {seconds:g} seconds{reason}")
        time.sleep(0.25)
