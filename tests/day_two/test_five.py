"""Five managers: with two of them lost, everything goes on."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.lab import Lab
from harness.newcomers import World
from harness.node import Node
from harness.playbooks import Playbooks
from harness.stacks import PROBE
from members import is_manager, is_nobody, is_worker, leading_consul, leading_swarm


def inventory(lab: Lab, directory: Path, managers: int) -> Playbooks:
    """Playbooks on an inventory of the same nodes, of which the first so many are managers."""
    directory.mkdir()
    shutil.copytree(lab.inventory / "group_vars", directory / "group_vars")
    content = yaml.safe_load((lab.inventory / "hosts.yml").read_text())
    groups = content["all"]["children"]
    hosts = sorted({**groups["managers"]["hosts"], **groups["workers"]["hosts"]}.items())
    groups["managers"]["hosts"], groups["workers"]["hosts"] = dict(hosts[:managers]), dict(hosts[managers:])
    (directory / "hosts.yml").write_text(yaml.safe_dump(content))
    return Playbooks(Cluster(directory), patience=900)


@pytest.fixture
def five(lab: Lab, tmp_path: Path) -> Iterator[Playbooks]:
    """All nodes are managers, and the inventory says so."""
    fourth, fifth = (node.name for node in lab.cluster.nodes if not node.manager)
    playbooks = inventory(lab, tmp_path / "five", managers=5)
    try:
        playbooks.do("site")
        for name in (fourth, fifth):
            eventually(lambda name=name: is_manager(playbooks.cluster, name), within=60)
        assert playbooks.do("site").changed == 0
        yield playbooks
    finally:
        playbooks.do("demote", node=fifth)
        four = inventory(lab, tmp_path / "four", managers=4)
        assert "4 managers survive the loss of 1" in four.do("site").words
        four.do("demote", node=fourth)
        for name in (fourth, fifth):
            eventually(lambda name=name: is_worker(lab.cluster, name), within=60)
        lab.whole()
        assert lab.playbooks.do("site").changed == 0


@pytest.fixture
def newcomers(lab: Lab, five: Playbooks, tmp_path: Path) -> Iterator[World]:
    """A bare machine, the lab's sixth, which is of no cluster in the end."""
    six = Lab(lab.name, nodes=6, managers=3)
    directory = tmp_path / "newcomers"
    directory.mkdir()
    try:
        six.up()
        yield World(six.cluster, six.playbooks, directory)
    finally:
        # Where it has not come so far there is nothing to leave.
        six.playbooks.run("leave", node="node6")
        six.lose("node6")
        lab.up()
    eventually(lambda: is_nobody(lab.cluster, "node6"))


@contextmanager
def two_lost(cluster: Cluster) -> Iterator[list[Node]]:
    """Who leads Swarm and who leads Consul are dead meanwhile."""
    lost = [leading_swarm(cluster)]
    leader = leading_consul(cluster)
    lost.append(leader if leader not in lost else next(node for node in cluster.managers if node not in lost))
    try:
        for node in lost:
            cluster.kill(node)
        yield lost
    finally:
        for node in lost:
            cluster.start(node)
    for node in lost:
        eventually(lambda node=node: is_manager(cluster, node.name), within=120)


def test_two_of_five_are_lost(five: Playbooks, newcomers: World, tmp_path: Path) -> None:
    cluster = five.cluster
    with two_lost(cluster) as lost:
        try:
            # At once, while those that are left elect another.
            five.deploy(PROBE, "five")
            eventually(lambda: dns_agrees(cluster, "five", "pricing", 1), within=60)
            five.scale("five", "pricing", 3)
            eventually(lambda: dns_agrees(cluster, "five", "pricing", 3), within=60)
            five.do("status", output=str(tmp_path / "status.json"))
            problems = json.loads((tmp_path / "status.json").read_text())["problems"]
            for node in lost:
                assert any(node.name in problem for problem in problems), problems
            # One more would be one too many.
            third = cluster.managers[0].name
            for playbook in ("demote", "leave"):
                refused = five.run(playbook, node=third)
                assert (refused.code, refused.changed) == (2, 0), refused.output
                assert f"without {third}, Swarm would have 2 of 4 managers, and 3 are needed" in refused.words
            newcomers.join(host=6, join=f"serf://{cluster.manager.address}")
            eventually(lambda: is_worker(cluster, "node6"), within=60)
        finally:
            five.remove("five")
    eventually(lambda: leases_agree(cluster), within=60)
