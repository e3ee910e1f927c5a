"""auth: says whether its session store, redis, answers."""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ping_redis() -> str:
    try:
        with socket.create_connection(("redis", 6379), timeout=2) as link:
            link.sendall(b"PING\r\n")
            return link.recv(64).decode().strip()
    except OSError as error:
        return f"redis does not answer: {error}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"service": "auth", "instance": socket.gethostname(), "redis": ping_redis()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are not worth a log line here."""


ThreadingHTTPServer(("", 80), Handler).serve_forever()
