"""A node reboots under load, and nobody notices."""

import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.claims import dns_agrees
from harness.eventually import eventually
from harness.lab import Lab
from harness.node import Node
from members import in_swarm, leading_swarm

PINNED = """\
services:
  one:
    image: acmeinc/productcatalog
    deploy: {{placement: {{constraints: [node.hostname=={node}]}}}}
"""


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

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            over.set()
            try:
                watching.result()
            finally:
                # Whatever came of it, the next test finds a node that runs.
                subprocess.run(["docker", "start", place], check=True, capture_output=True)


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


def test_a_locked_manager_whose_group_does_not_say_so_yet(lab: Lab) -> None:
    """What unlocks it is asked for by what it is."""
    cluster, playbooks = lab.cluster, lab.playbooks
    node = cluster.nodes[-1]
    playbooks.do("site", swarm_autolock="true")
    try:
        playbooks.do("promote", node=node.name)
        before = started(node)
        with power(lab, node):
            assert playbooks.do("reboot", node=node.name).changed > 0
        assert started(node) != before
        assert in_swarm(cluster)[node.name] == "reachable"
    finally:
        playbooks.do("demote", node=node.name)
        playbooks.do("site", swarm_autolock="false")
    lab.whole()


def test_a_refused_reboot_leaves_no_mark(lab: Lab, tmp_path: Path) -> None:
    """Who drains the node by hand from here on wants it to stay so."""
    cluster, playbooks = lab.cluster, lab.playbooks
    node = cluster.nodes[-1]
    before = started(node)
    stack = tmp_path / "compose.yml"
    stack.write_text(PINNED.format(node=node.name))
    playbooks.deploy(stack, "pinned")
    try:
        refused = playbooks.run("reboot", node=node.name)
        assert refused.code == 2, refused.output
        assert "service pinned_one: no other node may run it" in refused.words
        assert not node.run("ls /var/lib/arpanet/upgrading 2>/dev/null || true")
    finally:
        playbooks.remove("pinned")
    assert started(node) == before


def test_a_majority_is_kept(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    first, second, third = cluster.managers
    before = started(first)
    refusal = f"without {first.name}, Consul would have 1 of 3 servers, and 2 are needed"

    def noticed() -> None:
        members = {one["Name"]: one["Status"] for one in second.consul("/v1/agent/members")}
        assert members[third.name] != 1

    # Consul's raft alone has lost one.
    third.run("systemctl stop consul")
    try:
        # Before that it may go, and nothing would start it again.
        eventually(noticed, within=60)
        for flags in (("--check",), ()):
            refused = playbooks.run("reboot", *flags, node=first.name)
            assert (refused.code, refused.changed) == (2, 0), refused.output
            assert refusal in refused.words
        forced = playbooks.do("reboot", "--check", node=first.name, force="true")
        assert f"Forced, although {refusal}" in forced.words
        assert forced.changed > 0
    finally:
        third.run("systemctl start consul")
    assert started(first) == before
    lab.whole()
