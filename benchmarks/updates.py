"""Requests that a rolling update drops: another container asks all the while."""

import tempfile
from pathlib import Path

from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

DEPLOYMENT = "benchupdate"
UPDATES = 3
STACK = """\
services:
  web:
    image: acmeinc/productcatalog
    stop_grace_period: 5s
    healthcheck:
      test: [CMD, python3, -c, "import urllib.request as u; u.urlopen('http://127.0.0.1/', timeout=2)"]
      interval: 1s
    environment: {{MODE: "{mode}"}}
    deploy: {{replicas: 2}}
  asker:
    image: python:3-slim
    init: true
    command:
      - python
      - -uc
      - |
        import time, urllib.request
        asked = dropped = 0
        while True:
            try:
                urllib.request.urlopen("http://web/", timeout=5).read()
            except OSError:
                dropped += 1
            asked += 1
            print(asked, dropped)
            time.sleep(0.01)
"""


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """How many requests failed, of all that were asked during the updates."""
    with tempfile.TemporaryDirectory() as directory:
        stack = Path(directory) / "compose.yml"
        try:
            for update in range(UPDATES + 1):
                stack.write_text(STACK.format(mode=update))
                playbooks.deploy(stack, DEPLOYMENT)
                if not update:
                    began = eventually(lambda: _asked(cluster))
            asked, dropped = _asked(cluster)
        finally:
            playbooks.remove(DEPLOYMENT)
    name = f"requests dropped by {UPDATES} rolling updates (of {asked - began[0]} asked)"
    return [at_most(name, dropped - began[1], 0, unit="requests")]


def _asked(cluster: Cluster) -> tuple[int, int]:
    (asker,) = cluster.containers(DEPLOYMENT, "asker")
    lines = asker.node.run(f"docker logs --tail 1 {asker.id}").split()
    assert len(lines) == 2, lines
    return int(lines[0]), int(lines[1])
