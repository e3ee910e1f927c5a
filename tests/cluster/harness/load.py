"""A client that asks all the time, inside a deployment, and what it has to say afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cluster import Cluster, Container
from .playbooks import Playbooks

# Asks every service that it is given until it is stopped, and prints what went wrong and how often it asked.
LOAD = r"""
import http.client, signal, sys, time, urllib.request
asked = 0
def say(*_):
    print("asked", asked); raise SystemExit
signal.signal(signal.SIGTERM, say)
while True:
    for name in sys.argv[1:] or ["web"]:
        try:
            urllib.request.urlopen(f"http://{name}/", timeout=5).read()
        # An answer that breaks off, or is none, is of the second kind.
        except (OSError, http.client.HTTPException) as error:
            print("failed", name, time.strftime("%T"), repr(error))
    asked += 1
    if asked % 50 == 0:
        print("asked", asked)
    time.sleep(0.02)
"""
# A health check for what the client asks, for bash. It runs every second everywhere: a Python each time takes more than
# all else that runs on the nodes.
HEALTH = "exec 3<>/dev/tcp/127.0.0.1/80"


def failures(asker: Container) -> list[str]:
    """What went wrong so far."""
    return [line for line in _log(asker) if line.startswith("failed")]


def asked(asker: Container) -> int:
    """How often it has asked."""
    return max((int(line.split()[1]) for line in _log(asker) if line.startswith("asked")), default=0)


def asked_more_than(asker: Container, times: int) -> None:
    """A claim for `eventually`."""
    assert asked(asker) > times


def _log(asker: Container) -> list[str]:
    return asker.node.run(f"docker logs {asker.id} 2>&1").splitlines()


#: Two services that are asked all the time, by one that may run anywhere itself.
LOADED = f"""\
services:
  web: &web
    image: acmeinc/productcatalog
    stop_grace_period: 5s
    healthcheck: {{test: [CMD, bash, -c, {json.dumps(HEALTH)}], interval: 1s}}
    deploy: {{replicas: 3}}
  solo:
    <<: *web
    deploy: {{replicas: 1}}
  asker:
    image: python:3-slim
    init: true
    command: [python, -u, -c, {json.dumps(LOAD)}, web, solo]
    depends_on: {{web: {{condition: service_healthy}}, solo: {{condition: service_healthy}}}}
"""


def said(cluster: Cluster, deployment: str) -> tuple[int, list[str]]:
    """About how often the asker of a deployment has asked, wherever it ran, and what went wrong."""
    # Where it ran on a node that has left, Docker shows the rest and calls that an error.
    lines = cluster.manager.run(f"docker service logs --raw {deployment}_asker 2>&1 || true").splitlines()
    # Each says so after every fifty times.
    return 50 * sum(line.startswith("asked") for line in lines), [line for line in lines if line.startswith("failed")]


@contextmanager
def asked_all_the_time(cluster: Cluster, playbooks: Playbooks, directory: Path, stack: str) -> Iterator[None]:
    """A deployment `load` of this stack, whose asker has had an answer each time when the block is left."""
    path = directory / "compose.yml"
    path.write_text(stack)
    playbooks.deploy(path, "load")
    try:
        yield
        times, failures = said(cluster, "load")
    finally:
        playbooks.remove("load")
    assert times > 50
    assert not failures, failures
