"""Consul's API with the standard library alone, for what has to work before, and without, a library."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:8500"
# The token that may do everything, on managers alone; there is none without access control.
TOKEN_FILE = "/etc/arpanet/tokens/management"


class RawError(Exception):
    """Consul did not answer, or refused; the message says what was tried and what it said.

    `status` is that of its answer, 0 where there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def request(
    method: str,
    path: str,
    body: bytes | None = None,
    url: str = DEFAULT_URL,
    token_file: str = TOKEN_FILE,
    timeout: float = 30,
) -> tuple[int, bytes]:
    """Status and body of an answer, whatever it is; a token file that is not there is no token.

    :raises RawError: there is no answer.
    """
    parts, token = urlsplit(url), Path(token_file)
    headers = {"X-Consul-Token": token.read_text().strip()} if token.is_file() else {}
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RawError(f"Consul at {url} does not answer ({str(error) or type(error).__name__})") from error
    finally:
        line.close()


def ask(
    method: str,
    path: str,
    body: bytes | None = None,
    url: str = DEFAULT_URL,
    token_file: str = TOKEN_FILE,
    timeout: float = 30,
) -> bytes:
    """The body of an answer. :raises RawError: any status from 400 on."""
    status, data = request(method, path, body, url, token_file, timeout)
    if status >= 400:
        raise RawError(f"Consul said to {method} {path}: {status} {data.decode(errors='replace').strip()}", status)
    return data
