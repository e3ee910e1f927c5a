"""The router of Weave on this node, through its HTTP interface on loopback."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

DEFAULT_ADDRESS = "127.0.0.1:6784"


class RouterError(Exception):
    """The router could not be asked, or refused; the message says what and why."""


class Router:
    """One router, by the address of its interface."""

    def __init__(self, address: str = DEFAULT_ADDRESS, timeout: float = 5) -> None:
        self.address = address
        self._timeout = timeout

    def report(self) -> dict[str, Any]:
        """All that it says of itself (core.weave.read)."""
        text = self._ask("GET", "/report", headers={"Accept": "application/json"})
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise RouterError(f"Weave's router at {self.address} did not answer with JSON") from error
        return found

    def connect(self, peers: Iterable[str]) -> None:
        """Have it keep connections to these addresses, and to no others by itself."""
        fields = [*(("peer", peer) for peer in peers), ("replace", "true")]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self._ask("POST", "/connect", urlencode(fields), form)

    def reclaim(self, peer: str) -> str:
        """Take the ranges of a peer that does not come back; what the router says of it."""
        return self._ask("DELETE", f"/peer/{quote(peer, safe=':')}").strip()

    def _ask(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> str:
        connection = http.client.HTTPConnection(self.address, timeout=self._timeout)
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise RouterError(f"Weave's router at {self.address} does not answer ({type(error).__name__})") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise RouterError(f"{method} {path}: Weave's router said {answer.status} {text.strip()[:200]}")
        return text
