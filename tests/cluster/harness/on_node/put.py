"""Runs on a node: write to Consul's API. Arguments: method, path, body."""

import http.client
import sys

method, path, body = sys.argv[1:]
line = http.client.HTTPConnection("127.0.0.1", 8500, timeout=10)
line.request(method, path, body)
answer = line.getresponse()
if answer.status != 200:
    sys.exit(f"{method} {path}: {answer.status} {answer.read().decode()}")
