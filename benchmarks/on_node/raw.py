"""Runs on a manager: creates a deployment's network and services through the Engine's API, all at once.

Input: {"network": {...}, "services": [...]} as the Engine takes them. Prints the seconds until all
tasks ran, as JSON, and removes everything again.
"""

import http.client
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor


class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")


def call(verb, path, body=None):
    engine = Engine("docker")
    engine.request(verb, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer = engine.getresponse()
    text = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{verb} {path}: {text.decode()}")
    return json.loads(text) if text else None


def tasks():
    names = json.dumps({"service": [service["Name"] for service in asked["services"]]})
    return call("GET", "/tasks?filters=" + names.replace(" ", "%20").replace('"', "%22"))


asked = json.load(sys.stdin)
wanted = sum(service["Mode"]["Replicated"]["Replicas"] for service in asked["services"])
began = time.monotonic()
call("POST", "/networks/create", asked["network"])
try:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda service: call("POST", "/services/create", service), asked["services"]))
    while sum(task["Status"]["State"] == "running" for task in tasks()) < wanted:
        time.sleep(0.05)
    print(json.dumps(time.monotonic() - began))
finally:
    for service in asked["services"]:
        call("DELETE", "/services/" + service["Name"])
    while True:
        try:
            call("DELETE", "/networks/" + asked["network"]["Name"])
            break
        except RuntimeError:
            time.sleep(0.2)
