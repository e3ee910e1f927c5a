"""Deploying the services of examples/arpanet2: this collection, `docker stack deploy`, and the Engine's API alone."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

STACK = Path(__file__).parent / "stacks/nine.yml"
ON_NODE = Path(__file__).parent / "on_node"
DEPLOYMENT, PEER, RAW = "bench", "benchpeer", "benchraw"
SERVICES, TASKS = 5, 9
FRESH, IDLE = 3, 3
FRESH_TARGET, IDLE_TARGET = 6.0, 3.0
# Of what a deploy adds to a run with nothing to do, to the same services created by hand.
MOST_TIMES = 2.0


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """All figures of this file. The images are on every node before anything is measured."""
    playbooks.deploy(STACK, DEPLOYMENT)
    specs, network = _specs(cluster)
    playbooks.remove(DEPLOYMENT)
    _everywhere(cluster, sorted({spec["TaskTemplate"]["ContainerSpec"]["Image"] for spec in specs}))

    fresh, idle = [], []
    for _ in range(FRESH):
        fresh.append(_seconds(lambda: _deploy(playbooks, changed=True)))
        idle += [_seconds(lambda: _deploy(playbooks, changed=False)) for _ in range(IDLE)]
        removing = _seconds(lambda: playbooks.remove(DEPLOYMENT))
    peer_fresh, peer_idle = _peer(cluster, specs)
    floor = statistics.median(_raw(cluster, specs, network) for _ in range(FRESH))
    added = statistics.median(fresh) - statistics.median(idle)
    return [
        at_most(
            f"deploy.yml, fresh ({SERVICES} services, {TASKS} tasks)",
            statistics.median(fresh),
            FRESH_TARGET,
            peer=f"docker stack deploy {peer_fresh:.1f} s",
        ),
        at_most(
            "deploy.yml, nothing to do",
            statistics.median(idle),
            IDLE_TARGET,
            peer=f"docker stack deploy {peer_idle:.1f} s",
        ),
        at_most(
            "what a fresh deploy adds to that, until all is there",
            added,
            MOST_TIMES * floor,
            peer=f"the Engine's API alone {floor:.1f} s",
        ),
        at_most("remove.yml", removing),
    ]


def _deploy(playbooks: Playbooks, changed: bool) -> None:
    run = playbooks.deploy(STACK, DEPLOYMENT)
    if bool(run.changed) != changed:
        raise RuntimeError(f"deploy.yml changed {run.changed}:\n{run.output}")


def _specs(cluster: Cluster) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the collection has created: services and network, as the Engine tells them."""
    services = [item["Spec"] for item in cluster.swarm("services") if item["Spec"]["Name"].startswith(f"{DEPLOYMENT}_")]
    (network,) = [item for item in cluster.swarm("networks") if item["Name"] == f"{DEPLOYMENT}_default"]
    if len(services) != SERVICES or sum(spec["Mode"]["Replicated"]["Replicas"] for spec in services) != TASKS:
        raise RuntimeError(f"{STACK} is not {SERVICES} services with {TASKS} tasks")
    return services, network


def _everywhere(cluster: Cluster, images: list[str]) -> None:
    cluster.each(lambda node: [node.run(f"docker pull --quiet {image}", timeout=300) for image in images])


def _peer(cluster: Cluster, specs: list[dict[str, Any]]) -> tuple[float, float]:
    """Seconds of a fresh and of a second `docker stack deploy --detach=false` of the same services."""
    services = {}
    for spec in specs:
        container = spec["TaskTemplate"]["ContainerSpec"]
        services[spec["Name"].removeprefix(f"{DEPLOYMENT}_")] = {
            "image": container["Image"],
            "stop_grace_period": "1s",
            "deploy": {"replicas": spec["Mode"]["Replicated"]["Replicas"], "endpoint_mode": "dnsrr"},
        }
    # JSON is YAML. No ports: the routing mesh needs IPVS, which not every kernel has.
    file = json.dumps({"version": "3.8", "services": services})
    manager = cluster.managers[0]
    command = f"docker stack deploy --detach=false --compose-file - {PEER}"
    try:
        return (
            _seconds(lambda: manager.run(command, stdin=file, timeout=300)),
            _seconds(lambda: manager.run(command, stdin=file, timeout=300)),
        )
    finally:
        manager.run(f"docker stack rm {PEER}")
        eventually(lambda: _gone(cluster, PEER), within=60)


def _gone(cluster: Cluster, stack: str) -> None:
    left = cluster.each(
        lambda node: node.run(f"docker ps -q --filter name={stack}_; docker network ls -q -f name={stack}_")
    )
    assert not any(left.values()), left


def _raw(cluster: Cluster, specs: list[dict[str, Any]], network: dict[str, Any]) -> float:
    """Seconds from the first request until all tasks ran."""
    services = json.loads(json.dumps(specs).replace(f'"{DEPLOYMENT}_', f'"{RAW}_'))
    for spec in services:
        # Not the collection's any more: its agents would register them.
        spec["Labels"] = spec["TaskTemplate"]["ContainerSpec"]["Labels"] = {}
        spec["TaskTemplate"]["Networks"] = [{"Target": f"{RAW}_default"}]
    asked = {
        "network": {"Name": f"{RAW}_default", "Driver": "overlay", "IPAM": network["IPAM"], "Scope": "swarm"},
        "services": services,
    }
    manager = cluster.managers[0]
    manager.run("cat > /root/bench_raw.py", stdin=(ON_NODE / "raw.py").read_text())
    try:
        return float(manager.run("python3 /root/bench_raw.py", stdin=json.dumps(asked), timeout=120))
    finally:
        manager.run("rm -f /root/bench_raw.py")
        eventually(lambda: _gone(cluster, RAW), within=60)


def _seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began
