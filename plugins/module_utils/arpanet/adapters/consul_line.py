"""How a request reaches Consul: in time, and with the token that is valid now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

Credential = Callable[[], str]


class ConsulError(Exception):
    """Consul could not be asked, or refused; the message says what, where and why."""


class Line(HTTPAdapter):
    """Gives every request a time limit (py-consul 1.5 sets none, newer ones a fixed one) and the token.

    By itself py-consul leaves the token out of sessions and transactions (1.5), and writes it into
    the address of catalog requests.
    """

    def __init__(self, seconds: float, credential: Credential) -> None:
        self._seconds = seconds
        self._credential = credential
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = self._seconds
        token = self._credential()
        if token:
            request.headers["X-Consul-Token"] = token
        return super().send(request, *args, **kwargs)


def given(token: str) -> Credential:
    """Always this token; empty for none."""
    return lambda: token


def in_file(path: str) -> Credential:
    """The token that a file holds, read again whenever the file changes. No file is no token."""
    place = Path(path)
    version: tuple[int, ...] = ()
    token = ""

    def read() -> str:
        nonlocal version, token
        try:
            # Asked before each request, so it has to be quick.
            found = place.stat()
            now = (found.st_mtime_ns, found.st_ino)
            if now != version:
                token, version = place.read_text().strip(), now
        except FileNotFoundError:
            token, version = "", ()
        except OSError as error:
            raise ConsulError(f"the token in {path} cannot be read: {error.strerror}. Are you root?") from error
        return token

    return read
