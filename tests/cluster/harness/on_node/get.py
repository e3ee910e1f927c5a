"""Runs on a node: GET a path of an HTTP API and print the body. Arguments: `engine` or `consul`, path."""

import http.client
import socket
import sys


class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect("/var/run/docker.sock")


api, path = sys.argv[1:]
line = Engine("docker", timeout=10) if api == "engine" else http.client.HTTPConnection("127.0.0.1", 8500, timeout=10)
line.request("GET", path)
answer = line.getresponse()
body = answer.read().decode()
if answer.status == 404 and api == "consul":
    body = "null"
elif answer.status != 200:
    sys.exit(f"GET {path}: {answer.status} {body}")
print(body)
