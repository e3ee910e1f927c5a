"""Weave beside overlay and the bare link: throughput, latency, and how soon a new container reaches another node.

Needs the directory of a bundle in ARPANET_WEAVE_BUNDLE; without one nothing is measured.
"""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import Node
from harness.playbooks import Playbooks

from .figures import at_most
from .starts import _epoch
from .subnets import Row

BUNDLE = os.environ.get("ARPANET_WEAVE_BUNDLE", "")
ON_NODE = Path(__file__).parent / "on_node"
DEPLOYMENT = "benchweave"
SECONDS, ROUNDS, AT_ONCE = 5, 3, 5
# Says when it has reached the sink by its name.
REACH = """
import socket, time
while True:
    try:
        socket.create_connection(("sink", 5201), 1).close()
        break
    except OSError:
        time.sleep(0.01)
print(time.time(), flush=True)
time.sleep(600)
"""


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """Figures of each way between two nodes."""
    if not BUNDLE:
        print("bench: weave: ARPANET_WEAVE_BUNDLE is not set, so there is nothing to measure", flush=True)
        return []
    playbooks.do("site", arpanet_driver="weave", weave_bundle=BUNDLE)
    there, here = cluster.nodes[:2]
    rows = _rows("the bare link", *_bare(there, here))
    with tempfile.TemporaryDirectory() as directory:
        stack = Path(directory) / "compose.yml"
        stack.write_text(json.dumps(_stack(there, here)))
        for driver in ("overlay", "weave"):
            try:
                playbooks.deploy(stack, DEPLOYMENT, arpanet_driver=driver)
                rows += _rows(driver, *_between(cluster))
                delays = [delay for _ in range(ROUNDS) for delay in _starts(cluster)]
                rows.append(at_most(f"{driver}: container start to first connection, p50", median(delays)))
            finally:
                playbooks.remove(DEPLOYMENT)
    return rows


def _rows(what: str, rate: float, latency: float) -> list[Row]:
    return [
        at_most(f"{what}: throughput of one connection", rate, unit="MB/s"),
        at_most(f"{what}: round trip, p50", latency, unit="ms"),
    ]


def _stack(there: Node, here: Node) -> dict[str, object]:
    def service(program: str, node: Node, count: int) -> dict[str, object]:
        return {
            "image": "python:3-slim",
            "init": True,
            "stop_grace_period": "1s",
            "command": ["python", "-c", program.replace("$", "$$")],
            "deploy": {"replicas": count, "placement": {"constraints": [f"node.hostname=={node.name}"]}},
        }

    return {
        "services": {
            "sink": service((ON_NODE / "sink.py").read_text(), there, 1),
            "pour": service("import time; time.sleep(1e6)", here, 1),
            "reach": service(REACH, here, 0),
        }
    }


def _bare(there: Node, here: Node) -> tuple[float, float]:
    sink = (ON_NODE / "sink.py").read_text()
    with subprocess.Popen(there.argv(f"exec timeout 60 python3 -c {shlex.quote(sink)}")) as running:
        try:
            return eventually(lambda: _figures(here.run(_pour(there.address), stdin=_program())))
        finally:
            running.terminate()
            there.run("pkill -f '[s]ocketserver' || true")


def _between(cluster: Cluster) -> tuple[float, float]:
    (pour,), (sink,) = (cluster.containers(DEPLOYMENT, service) for service in ("pour", "sink"))
    return eventually(lambda: _figures(pour.run("python", "-", sink.address, str(SECONDS), stdin=_program())))


def _pour(address: str) -> str:
    return f"python3 - {address} {SECONDS}"


def _program() -> str:
    return (ON_NODE / "pour.py").read_text()


def _figures(text: str) -> tuple[float, float]:
    rate, latency = map(float, text.split())
    return rate, latency


def _starts(cluster: Cluster) -> list[float]:
    """Seconds from the start of each of some containers to its first connection to another node."""
    scale = (ON_NODE / "scale.py").read_text()
    manager = cluster.managers[0]
    manager.run(f"python3 - {DEPLOYMENT}_reach {AT_ONCE}", stdin=scale)

    def reached() -> list[float]:
        found = []
        for one in cluster.containers(DEPLOYMENT, "reach"):
            said = one.node.run(f"docker logs {one.id}").split()
            started = one.node.run(f"docker inspect --format '{{{{.State.StartedAt}}}}' {one.id}").strip()
            assert said, f"{one.instance} has not reached anybody"
            found.append(float(said[0]) - _epoch(started))
        assert len(found) == AT_ONCE
        return found

    delays = eventually(reached, within=120)
    manager.run(f"python3 - {DEPLOYMENT}_reach 0", stdin=scale)

    def gone() -> None:
        assert not cluster.containers(DEPLOYMENT, "reach")

    eventually(gone, within=60)
    return delays
