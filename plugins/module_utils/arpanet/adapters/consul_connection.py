"""A connection to one Consul agent; every failure is a ConsulError that says what was tried, where and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import consul as pyconsul
import requests
from consul.exceptions import ACLPermissionDenied

from .consul_line import ConsulError, Line, given, in_file

DEFAULT_URL = "http://127.0.0.1:8500"


class Connection:
    """One Consul agent, by its HTTP address. A token counts for more than a file that holds one."""

    def __init__(
        self, url: str = DEFAULT_URL, token: str | None = None, timeout: float = 10, token_file: str | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConsulError(f"Consul's address {url!r} is not a URL such as {DEFAULT_URL}")
        self.url = url
        self.api = pyconsul.Consul(
            host=parts.hostname,
            port=parts.port or (443 if parts.scheme == "https" else 8500),
            scheme=parts.scheme,
        )
        # One session for all requests: connections stay open between them.
        session = self.api.http.session
        # Proxies and .netrc are for the world outside; looking for them is half the cost of a request.
        session.trust_env = False
        # Between processes of one host, packing costs more than it saves.
        session.headers["Accept-Encoding"] = "identity"
        self._credential = given(token or "") if token or not token_file else in_file(token_file)
        if token:
            session.headers["X-Consul-Token"] = token
        self._bearer = "the token that was given" if token else token_file if token_file else "no token"
        session.mount(f"{parts.scheme}://", Line(timeout, self._credential))

    @property
    def credential(self) -> str:
        """The token in use now; empty for none."""
        return self._credential()

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        try:
            yield
        except requests.RequestException as error:
            raise ConsulError(
                f"{what}: Consul at {self.url} does not answer ({type(error).__name__}). "
                "Is the consul service running there?"
            ) from error
        except pyconsul.ConsulException as error:
            asked = f" (asked with {self._bearer})" if isinstance(error, ACLPermissionDenied) else ""
            raise ConsulError(f"{what}: Consul at {self.url} said: {error}{asked}") from error
