"""Machines that join: through whom, against whom, by themselves, and after the first manager is gone for good."""

import base64
import json
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.eventually import eventually
from harness.newcomers import World
from harness.node import Node
from joined import cluster_id, is_node, key

# The Python that has the agent's libraries, of the system or of its own environment, as a shell finds it on a node.
PYTHON = "$(sed -n '1s/^#!\\([^ ]*\\).*/\\1/p' /usr/local/bin/arpanet)"
SCRIPT = (Path(__file__).parent / "on_node/rogue.py").read_text()


def is_nothing(node: Node) -> None:
    """It is in no cluster, and has made none."""
    assert json.loads(node.run("docker info --format '{{json .Swarm}}'"))["LocalNodeState"] == "inactive"
    assert node.run("systemctl is-active serf consul || true").split() == ["inactive"] * 2
    assert node.run("ls /var/lib/serf").split() == []


def attempt(world: World, node: Node, words: str, secret: str) -> str:
    """What `arpanet join` says on a machine that is not let in."""
    node.run("umask 077; cat > /root/gossip.key", stdin=secret)
    said = node.run(f"arpanet join {words} --key-file /root/gossip.key --timeout 20 2>&1; echo code $?")
    assert said.rstrip().endswith("code 1"), said
    is_nothing(node)
    return said


@pytest.fixture(scope="module")
def fourth(world: World) -> Node:
    """Node 4, a worker that has joined: bare before."""
    node = world.node(4)
    run = world.join("-vvv", "--diff", host=4, join=f"serf://{world.manager.address}@{node.address}")
    assert run.changed
    secrets = [key(world), world.manager.run("docker swarm join-token -q worker").strip()]
    secrets += node.run("cat /etc/arpanet/tokens/*").split()
    for secret in secrets:
        assert secret not in run.output
    # The journal may know that a key was there, and not which one.
    journal = node.run("journalctl --no-pager") + world.manager.run("journalctl --no-pager")
    for secret in secrets:
        assert secret not in journal
    return node


def test_a_bare_machine_joins_through_a_manager(world: World, fourth: Node) -> None:
    eventually(lambda: is_node(world, fourth), within=60)


def test_a_second_join_changes_nothing(world: World, fourth: Node) -> None:
    again = {"host": 4, "join": f"serf://{world.manager.address}@{fourth.address}"}
    assert world.join(**again).changed == 0
    assert world.join("--check", "--diff", **again).changed == 0


def test_what_a_join_that_failed_has_left_is_restarted_by_the_next(world: World, fourth: Node) -> None:
    """The agent's unit is another one, and nobody lets the machine in just then."""

    def started() -> int:
        return int(fourth.run("systemctl show --value --property=ExecMainStartTimestampMonotonic arpanet-agent"))

    before = started()
    again = {"host": 4, "join": f"serf://{world.manager.address}@{fourth.address}"}
    failed = world.play(hosts=(4,), join="serf://192.0.2.1", agent_interval=20)
    assert failed.code == 2 and failed.changed, failed.output
    assert started() == before
    assert world.join("--check", **again, agent_interval=20).changed
    assert started() == before
    assert world.join(**again, agent_interval=20).changed
    assert started() > before
    assert world.join(**again, agent_interval=20).changed == 0
    assert world.join(**again).changed
    assert world.join(**again).changed == 0
    eventually(lambda: is_node(world, fourth), within=60)


def test_site_finds_nothing_to_do_there(world: World, fourth: Node) -> None:
    assert world.playbooks.do("site", "--limit", "node1:node2:node3:node4:localhost").changed == 0


def test_labels_and_availability_are_said_on_a_manager(world: World, fourth: Node) -> None:
    said = {"host": 4, "join": world.manager.address, "labels": "disk=ssd", "availability": "pause"}
    assert world.join(**said).changed == 1
    assert world.join(**said).changed == 0
    spec = json.loads(world.manager.run("docker node inspect node4"))[0]["Spec"]
    assert (spec["Labels"], spec["Availability"]) == ({"disk": "ssd"}, "pause")
    assert world.join(**{**said, "availability": "active"}).changed == 1


# Who is not let in


def test_a_wrong_key(world: World) -> None:
    wrong = base64.b64encode(b"w" * 32).decode()
    said = attempt(world, world.node(5), f"serf://{world.manager.address}", wrong)
    assert "wrong key" in said
    assert wrong not in said
    assert wrong not in world.node(5).run("journalctl --no-pager")


def test_nobody_at_the_address(world: World) -> None:
    assert "does not answer" in attempt(world, world.node(5), "serf://192.0.2.1", key(world))


def test_a_wrong_cluster(world: World) -> None:
    said = attempt(world, world.node(5), f"serf://{world.manager.address} --cluster abc123", key(world))
    assert "an answer of another cluster" in said
    assert f"{cluster_id(world)}; abc123 is meant" in said


def test_a_strangers_manager(world: World, fourth: Node) -> None:
    with rogue(fourth, "strange"):
        said = attempt(world, world.node(5), f"serf://{world.manager.address}", key(world))
    assert "a stranger's manager: those who answer are of different clusters" in said
    assert "node4 says theirs:" in said


def test_a_replayed_answer(world: World, fourth: Node) -> None:
    """With the managers' own answers it would be let in; so it is told to mean another cluster."""
    with rogue(fourth, "replay"):
        said = attempt(world, world.node(5), f"serf://{fourth.address} --cluster nobody", key(world))
    assert "node4 gave a replayed answer: it was given to another question than this machine's" in said


def test_the_key_alone_gets_no_managers_token(world: World, fourth: Node) -> None:
    given = fourth.run(f"{PYTHON} - ask", stdin=SCRIPT, timeout=300)
    answers = [json.loads(line) for line in given.splitlines() if line]
    data = "".join(answer["data"] for answer in answers if answer["ask"] == "give" and not answer["error"])
    text = given + zlib.decompress(base64.b64decode(data)).decode()
    assert world.manager.run("docker swarm join-token -q worker").strip() in text
    assert world.manager.run("docker swarm join-token -q manager").strip() not in text
    for name in ("consul-acl", "consul-ca"):
        secret = world.manager.run(f"cat /etc/arpanet/keys/{name}")
        assert secret.splitlines()[1 if "BEGIN" in secret else 0] not in text
    for token in ("management", "deploy", "registrar"):
        assert world.manager.run(f"cat /etc/arpanet/tokens/{token}").strip() not in text


@contextmanager
def rogue(node: Node, mode: str) -> Iterator[None]:
    """The script runs on a node, whose own agent does not answer meanwhile."""
    node.run("systemctl stop arpanet-agent; cat > /root/rogue.py", stdin=SCRIPT)
    node.run(f"systemd-run --collect --unit rogue {PYTHON} /root/rogue.py {mode}")
    try:
        eventually(lambda: node.run("journalctl --unit rogue --no-pager | grep ready"), within=30)
        yield
    finally:
        node.run("systemctl stop rogue; systemctl start arpanet-agent")


# By itself


def test_at_its_first_start_through_a_worker(world: World, fourth: Node) -> None:
    node = world.node(6)
    node.run("umask 077; cat > /etc/arpanet/join.key", stdin=key(world))
    said = {"join": ["serf://192.0.2.1", f"serf://{fourth.address}"], "cluster": cluster_id(world)}
    node.run("cat > /etc/arpanet/join.json", stdin=json.dumps(said))
    world.cluster.stop(node)
    world.cluster.start(node)
    eventually(lambda: is_node(world, node), within=120)
    assert "worker of the cluster" in node.run("journalctl -u arpanet-join --no-pager")


# Without the first manager


def test_after_the_first_manager_was_destroyed(world: World, fourth: Node) -> None:
    """Through a worker, for a key of the controller's."""
    secret = world.directory / "gossip.key"
    secret.write_text(key(world))
    subprocess.run(["docker", "rm", "--force", "--volumes", "arpanet-joining-node1"], check=True, capture_output=True)
    eventually(lambda: world.manager.run("docker node ls"), within=60)
    node = world.node(5)
    run = world.join(host=5, join=f"serf://{fourth.address}", join_key_file=str(secret), join_cluster=cluster_id(world))
    assert run.changed
    eventually(lambda: is_node(world, node), within=60)
    assert world.join(host=5, join=f"serf://{fourth.address}").changed == 0
