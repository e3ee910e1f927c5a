"""A machine whose firewalld runs becomes a node, and is one as the others are; after `test_firewall.py`."""

import shlex
import subprocess
from collections.abc import Iterator

import pytest
from harness.eventually import eventually
from harness.newcomers import World
from harness.node import Node, NodeError
from test_firewall import OPEN, STACK, all_answer, reached, site

NUMBER = 4
# Of nobody, so that it is seen that the rest stays closed.
ELSEWHERE = 9999
_ASK = "import socket; socket.create_connection(({address!r}, {port}), 3)"


@pytest.fixture(scope="module")
def node(world: World) -> Iterator[Node]:
    node = world.node(NUMBER)
    node.run("apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install firewalld", timeout=300)
    node.run("systemctl enable --now firewalld && firewall-cmd --state")
    with subprocess.Popen(node.argv(f"exec python3 -m http.server {ELSEWHERE}"), stdout=subprocess.DEVNULL) as serving:
        yield node
        # It does not outlive a reboot.
        node.run(f"pkill -f 'http.serve[r] {ELSEWHERE}' || true")
        serving.wait(timeout=30)


def has(node: Node, *flags: str) -> bool:
    """Whether the zone of the node's interface has our service, now or (--permanent) after its next start."""
    asked = " ".join(("firewall-cmd", *flags, "--query-service=arpanet"))
    return node.run(f"{asked} 2>/dev/null || true").strip() == "yes"


def test_check_mode_shows_what_is_opened(world: World, node: Node) -> None:
    run = world.playbooks.do("site", "--limit", f"localhost:node1:node2:{node.name}", "--check", "--diff")
    assert '<port port="7946" protocol="tcp"/>' in run.output
    assert not has(node)
    assert not has(node, "--permanent")


def test_the_clusters_ports_are_open_and_no_others(world: World, node: Node) -> None:
    assert site(world, 1, 2, NUMBER, firewall=False).changed
    assert has(node)
    assert has(node, "--permanent")
    assert reached(world.node(1), node) == {7946, 8301} | OPEN
    ask = shlex.join(["python3", "-c", _ASK.format(address=node.address, port=ELSEWHERE)])
    # Somebody listens there, so that it is the firewall that keeps others out.
    eventually(lambda: node.run(ask))
    with pytest.raises(NodeError, match=r"timed out|No route"):
        world.node(1).run(ask)
    assert site(world, 1, 2, NUMBER, firewall=False).changed == 0


def test_deployments_run_there(world: World, node: Node) -> None:
    world.playbooks.deploy(STACK, "open")
    eventually(lambda: all_answer(world, 1, 2, NUMBER, stranger=3), within=60)


def test_it_is_closed_and_opened_again(world: World, node: Node) -> None:
    node.run("firewall-cmd --remove-service=arpanet")
    assert site(world, 1, 2, NUMBER, firewall=False).changed == 1
    assert has(node)
    node.run("firewall-cmd --reload")
    eventually(lambda: all_answer(world, 1, 2, NUMBER, stranger=3), within=60)


def test_it_survives_a_reboot(world: World, node: Node) -> None:
    world.cluster.stop(node)
    world.cluster.start(node)
    eventually(lambda: node.run("firewall-cmd --state"), within=60)
    eventually(lambda: all_answer(world, 1, 2, NUMBER, stranger=3), within=120)


def test_who_leaves_has_nothing_of_it(world: World, node: Node) -> None:
    world.playbooks.do("leave", node=node.name)
    assert not has(node)
    assert not has(node, "--permanent")
    assert node.run("ls /etc/firewalld/services").split() == []
