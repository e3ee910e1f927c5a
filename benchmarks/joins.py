"""A machine that has all packages joins: from the command to a task that runs there."""

import statistics
import time

from harness import newcomers
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.newcomers import World
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

MACHINES = (2, 3)
TARGET = 30.0


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """Seconds from the start of join.yml to the first task on the new node, image pulled there."""
    with newcomers.world("joins", nodes=1 + len(MACHINES), managers=1) as world:
        world.prepare(*MACHINES)
        # Wherever a node comes in, Swarm starts a task.
        world.manager.run("docker service create --detach --quiet --name everywhere --mode global redis")
        seconds = [_join(world, number) for number in MACHINES]
    return [at_most("join.yml to a task running on the new node", statistics.median(seconds), TARGET)]


def _join(world: World, number: int) -> float:
    node = world.node(number)
    began = time.monotonic()
    world.join(host=number, join=f"serf://{world.manager.address}@{node.address}")
    eventually(lambda: _runs(world, node.name), within=60)
    return time.monotonic() - began


def _runs(world: World, node: str) -> None:
    shown = world.manager.run(f"docker node ps {node} --filter desired-state=running --format '{{{{.CurrentState}}}}'")
    assert "Running" in shown
