"""How long after a container's start DNS answers its address.

State.StartedAt of the container against the first answer of the resolver of its own node; both
are read from the clock of one kernel, as the lab's nodes share theirs.
"""

import json
import math
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

STACK = Path(__file__).parent / "stacks/starts.yml"
ON_NODE = Path(__file__).parent / "on_node"
DEPLOYMENT = "benchstarts"
NAME = f"one.{DEPLOYMENT}.service.consul"
ROUNDS, AT_ONCE = 20, 5
P50_TARGET, P99_TARGET = 0.3, 1.0

# Seconds since 1970, an address, and whether it came or went.
Change = tuple[float, str, bool]


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """Percentiles over all starts."""
    playbooks.deploy(STACK, DEPLOYMENT)
    try:
        _scale(cluster, 0)
        started: list[tuple[str, str, float]] = []
        with _watched(cluster) as changes:
            for _ in range(ROUNDS):
                _scale(cluster, AT_ONCE)
                started += _started(cluster)
                _scale(cluster, 0)
    finally:
        playbooks.remove(DEPLOYMENT)
    own = sorted(_delay(changes[node], address, since) for node, address, since in started)
    last = sorted(max(_delay(seen, address, since) for seen in changes.values()) for _, address, since in started)
    count = len(own)
    return [
        at_most(f"container start to DNS answer, p50 of {count}", percentile(own, 50), P50_TARGET),
        at_most(f"container start to DNS answer, p99 of {count}", percentile(own, 99), P99_TARGET),
        at_most("the same on the last of all nodes, p50", percentile(last, 50)),
        at_most("the same on the last of all nodes, p99", percentile(last, 99)),
    ]


def percentile(values: list[float], percent: int) -> float:
    """The smallest of the sorted values that so many percent of them do not exceed."""
    return values[max(0, math.ceil(len(values) * percent / 100) - 1)]


def _delay(changes: list[Change], address: str, since: float) -> float:
    return next(when for when, seen, came in changes if came and seen == address and when > since - 1) - since


def _scale(cluster: Cluster, count: int) -> None:
    """Change the number of instances behind the playbooks' back, and wait until DNS knows."""
    manager = cluster.managers[0]
    manager.run(f"python3 - {DEPLOYMENT}_one {count}", stdin=(ON_NODE / "scale.py").read_text())

    def known() -> None:
        found = cluster.each(lambda node: node.dns(NAME)[NAME])
        assert all(len(addresses) == count for addresses in found.values()), found

    # Engines that enter a network in the same moment may wait half a minute for each other ("Bulk sync timed out").
    eventually(known, within=150)


def _started(cluster: Cluster) -> list[tuple[str, str, float]]:
    """Node, address and time of the start of each instance."""
    shape = f'{{{{(index .NetworkSettings.Networks "{DEPLOYMENT}_default").IPAddress}}}} {{{{.State.StartedAt}}}}'
    command = f"docker ps -q --filter label=arpanet.deployment={DEPLOYMENT} | xargs -r docker inspect -f '{shape}'"
    found = cluster.each(lambda node: node.run(command))
    return [
        (node, line.split()[0], _epoch(line.split()[1])) for node, text in found.items() for line in text.splitlines()
    ]


def _epoch(stamp: str) -> float:
    # Docker writes nanoseconds, Python reads microseconds.
    return datetime.fromisoformat(f"{stamp[:26].rstrip('Z')}+00:00").timestamp()


@contextmanager
def _watched(cluster: Cluster) -> Iterator[dict[str, list[Change]]]:
    """Ask every node's resolver for the name meanwhile; in the end, by node, what changed when."""
    watchers = {}
    for node in cluster.nodes:
        node.run("cat > /root/bench_dns.py", stdin=(ON_NODE / "watch_dns.py").read_text())
        watchers[node.name] = subprocess.Popen(
            node.argv(f"exec python3 /root/bench_dns.py {NAME}"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if watchers[node.name].stdout.readline() != "watching\n":
            raise RuntimeError(f"{node.name} cannot be watched")
    changes: dict[str, list[Change]] = {}
    try:
        yield changes
    finally:
        for name, watcher in watchers.items():
            output, _ = watcher.communicate(timeout=30)
            changes[name] = [(when, address, came) for when, address, came in json.loads(output)]
        cluster.each(lambda node: node.run("rm -f /root/bench_dns.py"))
