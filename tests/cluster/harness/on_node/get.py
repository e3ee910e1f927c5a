"""Runs on a node: ask an HTTP API and print the body. Arguments: `engine` or `consul`, path, for `consul` also the
method, the purpose of the token to ask with (`-` for none), and the body, where it is no GET as who may know most.
"""

import http.client
import pathlib
import socket
import sys

TOKENS = pathlib.Path("/etc/arpanet/tokens")


class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect("/var/run/docker.sock")


api, path, method, purpose, body, *_ = [*sys.argv[1:], *["GET", "", ""][len(sys.argv) - 3 :]]
line = Engine("docker", timeout=10) if api == "engine" else http.client.HTTPConnection("127.0.0.1", 8500, timeout=10)
headers = {}
if api == "consul" and purpose != "-":
    file = next((TOKENS / name for name in (purpose, "management", "agent") if name and (TOKENS / name).exists()), None)
    headers = {"X-Consul-Token": file.read_text().strip()} if file else {}
line.request(method, path, body or None, headers)
answer = line.getresponse()
text = answer.read().decode()
if answer.status == 404 and api == "consul" and method == "GET":
    text = "null"
elif answer.status != 200:
    sys.exit(f"{method} {path}: {answer.status} {text}")
print(text)
