"""The cluster as its own inventory, tags that tell the truth, events and queries with handlers."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.claims import settled
from harness.cluster import CHECKOUT, Cluster
from harness.eventually import eventually
from harness.node import Node, NodeError
from harness.playbooks import Playbooks

HANDLERS = "/etc/arpanet/handlers.d"
# An address of the lab's network that nobody has.
DEAD = 250


@pytest.fixture
def worker(cluster: Cluster) -> Node:
    """The last node; a worker where there is one."""
    return cluster.nodes[-1]


@pytest.fixture
def source(cluster: Cluster, worker: Node, tmp_path: Path) -> Path:
    """An inventory that knows a dead address and a living one, and how nodes are reached."""
    known = yaml.safe_load((cluster.inventory / "hosts.yml").read_text())["all"]["vars"]
    path = tmp_path / "serf.yml"
    dead = f"{worker.address.rpartition('.')[0]}.{DEAD}"
    value = {"plugin": "arpanet.cluster.serf", "addresses": [dead, worker.address], "timeout": 2, "variables": known}
    path.write_text(yaml.safe_dump(value))
    return path


def listed(cluster: Cluster, source: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["ansible-inventory", "-i", str(source), "--list"],
        cwd=CHECKOUT, env=cluster.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tags(cluster: Cluster, node: Node) -> dict[str, str]:
    """A node's tags, as another one hears them."""
    members = json.loads(cluster.manager.run("arpanet members --json"))["members"]
    found: dict[str, str] = next(one["tags"] for one in members if one["name"] == node.name)
    return found


def test_the_cluster_is_its_own_inventory(cluster: Cluster, playbooks: Playbooks, worker: Node, source: Path) -> None:
    cluster.manager.run(f"docker node update --label-add disk=ssd {worker.name}")
    try:
        eventually(lambda: _has(cluster, worker, **{"label.disk": "ssd"}), within=10)
        found = listed(cluster, source)
        assert sorted(found["managers"]["hosts"]) == sorted(node.name for node in cluster.managers)
        assert sorted(found["swarm_ready"]["hosts"]) == sorted(node.name for node in cluster.nodes)
        assert found["label_disk_ssd"]["hosts"] == [worker.name]
        # A playbook finds all that a list of hosts would say.
        run = playbooks.run("status", inventory=source)
        assert run.code == 0, run.output
        assert all(node.name in run.output for node in cluster.nodes)
    finally:
        cluster.manager.run(f"docker node update --label-rm disk {worker.name}")


def test_no_address_has_an_answer(cluster: Cluster, playbooks: Playbooks, source: Path) -> None:
    value = yaml.safe_load(source.read_text())
    source.write_text(yaml.safe_dump({**value, "addresses": value["addresses"][:1]}))
    run = playbooks.run("status", inventory=source)
    assert run.code != 0
    assert "has an answer, so the cluster's members are not known" in run.words


def test_tags_follow_a_drain_and_are_set_by_nobody_else(cluster: Cluster, worker: Node) -> None:
    """Within five seconds; twice that here, for a busy machine."""
    _has(cluster, worker, role="manager" if worker.manager else "worker", swarm="ready", address=worker.address)
    assert len({(tags(cluster, node)["cluster"]) for node in cluster.nodes}) == 1
    cluster.manager.run(f"docker node update --availability drain {worker.name}")
    try:
        eventually(lambda: _has(cluster, worker, availability="drain"), within=10)
    finally:
        cluster.manager.run(f"docker node update --availability active {worker.name}")
    eventually(lambda: _has(cluster, worker, availability="active"), within=10)
    worker.run("arpanet serf tags -set role=king")
    eventually(lambda: _has(cluster, worker, role="manager" if worker.manager else "worker"), within=10)
    # What ran there and does not end when it is asked to runs nowhere for some seconds.
    eventually(lambda: settled(cluster), within=60)


def test_tags_follow_a_promotion(cluster: Cluster, worker: Node) -> None:
    if worker.manager:
        pytest.skip("the inventory has no worker")
    cluster.manager.run(f"docker node promote {worker.name}")
    try:
        eventually(lambda: _has(cluster, worker, role="manager"), within=15)
        # One that is demoted before it is a whole manager may never be whole again.
        eventually(lambda: _is_reachable(cluster, worker), within=60)
    finally:
        cluster.manager.run(f"docker node demote {worker.name}")
    eventually(lambda: _has(cluster, worker, role="worker", swarm="ready"), within=30)


def _is_reachable(cluster: Cluster, node: Node) -> None:
    shape = "{{.ManagerStatus.Reachability}}"
    assert cluster.manager.run(f"docker node inspect {node.name} --format '{shape}'").strip() == "reachable"


def _has(cluster: Cluster, node: Node, **wanted: str) -> None:
    found = tags(cluster, node)
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.fixture
def handlers(cluster: Cluster) -> Iterator[None]:
    """On every node one that writes an event down and one that answers a query."""
    scripts = {
        "user/note/10-write": 'cat >> /run/noted; echo " $SERF_SELF_NAME" >> /run/noted',
        "query/whoami/10-say": 'printf \'{"asked": %s, "name": "%s"}\' "$(cat)" "$SERF_SELF_NAME"',
    }

    def install(node: Node) -> None:
        for path, script in scripts.items():
            place = f"{HANDLERS}/{path}"
            node.run(f"install -D -m 0755 /dev/stdin {place}", stdin=f"#!/bin/sh\n{script}\n")

    cluster.each(install)
    yield
    cluster.each(lambda node: node.run(f"rm -rf {HANDLERS}/user/note {HANDLERS}/query/whoami /run/noted"))


def test_an_event_reaches_the_handlers_of_all_nodes(cluster: Cluster, worker: Node, handlers: None) -> None:
    largest = json.dumps("x" * 510)
    for payload in ('{"version": 1}', '{"version": 2}', largest):
        worker.run(f"arpanet event note '{payload}'")

    def noted(node: Node) -> None:
        wanted = {f"{payload} {node.name}" for payload in ('{"version":1}', '{"version":2}', largest)}
        assert set(node.run("cat /run/noted").splitlines()) == wanted

    cluster.each(lambda node: eventually(lambda: noted(node), within=15))


def test_a_query_is_answered_by_all_nodes(cluster: Cluster, worker: Node, handlers: None) -> None:
    def answered() -> None:
        found = json.loads(worker.run("arpanet query whoami '[1, 2]' --json --timeout 5"))
        assert found["answers"] == {node.name: {"asked": [1, 2], "name": node.name} for node in cluster.nodes}

    eventually(answered)


@pytest.mark.parametrize(("verb", "limit"), [("event", 512), ("query", 768)])
def test_a_payload_that_is_too_large_is_refused(worker: Node, verb: str, limit: int) -> None:
    with pytest.raises(NodeError, match=rf"the payload of note has {limit + 1} bytes .* at most {limit}"):
        worker.run(f"arpanet {verb} note -", stdin=json.dumps("x" * (limit - 1)))


def test_nobody_but_root_has_access_to_the_gossip(worker: Node) -> None:
    with pytest.raises(NodeError, match="Authentication required"):
        worker.run("setpriv --reuid=nobody --clear-groups /usr/local/bin/arpanet members")
    with pytest.raises(NodeError, match="Authentication required"):
        worker.run("serf members")
