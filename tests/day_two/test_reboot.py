"""A node reboots under load, and nobody notices."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from harness.claims import dns_agrees
from harness.eventually import eventually
from harness.lab import Lab
from harness.node import Node
from members import in_swarm, leading_swarm


@contextmanager
def power(lab: Lab, node: Node) -> Iterator[None]:
    """A lab's node that reboots is a container that ends: this starts it again, as a machine would."""
    over = threading.Event()
    place = f"arpanet-{lab.name}-{node.name}"

    def watch() -> None:
        while not over.wait(0.5):
            shown = subprocess.check_output(["docker", "inspect", "--format", "{{.State.Running}}", place], text=True)
            if shown.strip() == "false":
                subprocess.run(["docker", "start", place], check=True, capture_output=True)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def started(node: Node) -> str:
    return node.run("systemctl show --property=UserspaceTimestamp")


@pytest.mark.parametrize("which", ["the leader", "a worker"])
def test_a_node_reboots(lab: Lab, load: str, which: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    node = leading_swarm(cluster) if which == "the leader" else cluster.nodes[-1]
    before = started(node)
    assert playbooks.do("reboot", "--check", node=node.name).changed > 0
    assert started(node) == before
    with power(lab, node):
        assert playbooks.do("reboot", node=node.name).changed > 0
    assert started(node) != before
    assert in_swarm(cluster)[node.name] in ("reachable", "worker")
    assert not node.run("ls /var/lib/arpanet/upgrading 2>/dev/null || true")
    nodes = {one["Description"]["Hostname"]: one["Spec"]["Availability"] for one in cluster.manager.engine("/nodes")}
    assert nodes[node.name] == "active"
    eventually(lambda: dns_agrees(cluster, load, "web", 3), within=60)
    assert playbooks.do("site").changed == 0
    lab.whole()


def test_a_majority_is_kept(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    first, _, third = cluster.managers
    before = started(first)
    # Consul's raft alone has lost one.
    third.run("systemctl stop consul")
    try:
        for flags in ((), ("--check",)):
            refused = playbooks.run("reboot", *flags, node=first.name)
            assert (refused.code, refused.changed) == (2, 0), refused.output
            assert f"without {first.name}, Consul would have 1 of 3 servers, and 2 are needed" in refused.words
    finally:
        third.run("systemctl start consul")
    assert started(first) == before
    lab.whole()
