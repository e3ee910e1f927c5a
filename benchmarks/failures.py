"""A node that is killed, and one whose network is cut: how long until the cluster has acted on it.

Detection is left at its defaults: Consul's and Serf's gossip for a local network (a probe each second, given
up after some more), Swarm's heartbeat of five seconds.
"""

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import Node
from harness.playbooks import Playbooks

from .figures import at_most
from .starts import percentile
from .subnets import Row

STACK = Path(__file__).parent / "stacks/everywhere.yml"
DEPLOYMENT = "benchfail"
NAME = f"one.{DEPLOYMENT}.service.consul"
KILLS, CUTS = 10, 3
TARGET = 12.0
# Seconds: of one wait, and from one question to the next.
PATIENCE, PAUSE = 180, 0.1

STEPS = {"dns": "out of DNS", "leases": "leases released", "swarm": "down in Swarm"}


def run(cluster: Cluster, playbooks: Playbooks, kills: int = KILLS, cuts: int = CUTS) -> list[Row]:
    """For each way to fail, each step of what is done about it."""
    victim = cluster.all_nodes[-1]
    playbooks.deploy(STACK, DEPLOYMENT)
    try:
        killed = [
            _round(cluster, victim, lambda: cluster.kill(victim), lambda: cluster.start(victim)) for _ in range(kills)
        ]
        cut = [_round(cluster, victim, lambda: cluster.cut(victim), lambda: cluster.heal(victim)) for _ in range(cuts)]
    finally:
        playbooks.remove(DEPLOYMENT)
    rows = []
    for what, rounds in (("a killed node", killed), ("a node that is cut off", cut)):
        for step, done in STEPS.items():
            times = sorted(one[step] for one in rounds)
            limit = TARGET if step == "dns" and rounds is killed else None
            rows.append(at_most(f"{what}: {done}, p50 of {len(times)}", percentile(times, 50)))
            rows.append(at_most(f"{what}: {done}, p99", percentile(times, 99), limit))
    return rows


def _round(cluster: Cluster, victim: Node, fail: Callable[[], None], mend: Callable[[], None]) -> dict[str, float]:
    """Seconds of each step. In the end all is as it was before."""
    everywhere = len(cluster.nodes)
    running = eventually(lambda: dns_agrees(cluster, DEPLOYMENT, "one", everywhere), within=PATIENCE)
    (address,) = [one.address for one in cluster.containers(DEPLOYMENT) if one.node.name == victim.name]
    assert address in running.values()
    began = time.monotonic()
    fail()
    try:
        questions = {
            "dns": _out_of_dns(cluster, address),
            "leases": _released(cluster, victim),
            "swarm": _down(cluster, victim),
        }
        with ThreadPoolExecutor(len(questions)) as pool:
            found = {step: pool.submit(_since, began, asked) for step, asked in questions.items()}
            times = {step: future.result() for step, future in found.items()}
    finally:
        mend()
    eventually(partial(_whole, cluster, everywhere), within=PATIENCE)
    print(
        "bench: failures:", ", ".join(f"{STEPS[step]} {seconds:.1f} s" for step, seconds in times.items()), flush=True
    )
    return times


def _since(began: float, asked: Callable[[], bool]) -> float:
    """Seconds until it is so: when it was first asked with this answer."""
    while time.monotonic() - began < PATIENCE:
        now = time.monotonic()
        try:
            if asked():
                return now - began
        except (AssertionError, subprocess.SubprocessError):
            # A majority is being found anew.
            pass
        time.sleep(PAUSE)
    raise RuntimeError(f"nothing has happened for {PATIENCE} s")


def _out_of_dns(cluster: Cluster, address: str) -> Callable[[], bool]:
    def asked() -> bool:
        found = cluster.each(lambda node: node.dns(NAME)[NAME])
        return all(answer and address not in answer for answer in found.values())

    return asked


def _released(cluster: Cluster, victim: Node) -> Callable[[], bool]:
    def asked() -> bool:
        leases = cluster.kv(f"arpanet/deployments/{DEPLOYMENT}/leases/")
        return bool(leases) and all(value["node"] != victim.name for value, _ in leases.values())

    return asked


def _down(cluster: Cluster, victim: Node) -> Callable[[], bool]:
    def asked() -> bool:
        nodes = cluster.manager.engine("/nodes")
        return any(
            node["Description"]["Hostname"] == victim.name and node["Status"]["State"] == "down" for node in nodes
        )

    return asked


def _whole(cluster: Cluster, count: int) -> None:
    """The node is back, with no instance twice and no entry stale."""
    dns_agrees(cluster, DEPLOYMENT, "one", count)
    leases_agree(cluster)
