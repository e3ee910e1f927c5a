"""The product catalogue: says who it is and what the services it asks by name answer."""

import json
import os
import socket
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def addresses(name):
    return sorted({found[4][0] for found in socket.getaddrinfo(name, 80, socket.AF_INET)})


def ask(name):
    try:
        with urllib.request.urlopen(f"http://{name}/", timeout=3) as answer:
            return {"addresses": addresses(name), "answer": answer.read().decode().strip()}
    except OSError as error:
        return {"error": str(error)}


def ping_redis():
    with socket.create_connection(("redis", 6379), timeout=3) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64).decode().strip()


class Catalogue(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        try:
            if url.path == "/redis":
                return self.reply(200, {"redis": ping_redis()})
        except OSError as error:
            return self.reply(502, {"error": str(error)})
        names = parse_qs(url.query).get("ask", os.environ.get("ASK", "").split())
        me = {"service": "catalogue", "hostname": socket.gethostname()}
        me["addresses"] = addresses(me["hostname"])
        return self.reply(200, me | {"asked": {name: ask(name) for name in names}})

    def reply(self, status, body):
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 80), Catalogue).serve_forever()
