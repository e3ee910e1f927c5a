"""web: the front page, which asks auth and catalogue by their plain names."""

import json
import socket
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ask(name: str) -> object:
    try:
        with urllib.request.urlopen(f"http://{name}/", timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        return f"{name} does not answer: {error}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = {"service": "web", "instance": socket.gethostname(), "auth": ask("auth"), "catalogue": ask("catalogue")}
        body = json.dumps(page, indent=2).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are not worth a log line here."""


ThreadingHTTPServer(("", 80), Handler).serve_forever()
