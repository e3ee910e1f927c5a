"""Consul's listing of keys over HTTP, on a port of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class ConsulHttp:
    """Its keys; `status` other than 200 is what it says instead, with `said`."""

    keys: dict[str, object]
    url: str = ""
    status: int = 200
    said: str = ""
    tokens: list[str | None] = field(default_factory=list)


@contextmanager
def listening(keys: dict[str, object]) -> Iterator[ConsulHttp]:
    consul = ConsulHttp(keys)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            consul.tokens.append(self.headers.get("X-Consul-Token"))
            path, _, query = self.path.removeprefix("/v1/kv/").partition("?")
            found = [entry(key, value) for key, value in consul.keys.items() if key.startswith(path)]
            assert query == "recurse=1"
            status = consul.status if consul.status != 200 else 200 if found else 404
            self.send_response(status)
            self.end_headers()
            self.wfile.write((consul.said or (json.dumps(found) if found else "")).encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    consul.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield consul
    finally:
        server.shutdown()
        server.server_close()


def entry(key: str, value: object) -> dict[str, object]:
    return {"Key": key, "Value": base64.b64encode(json.dumps(value).encode()).decode(), "ModifyIndex": 7, "Flags": 0}
