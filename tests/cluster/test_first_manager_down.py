"""Every playbook works through another manager while the first one is down, and it comes back."""

import json
from pathlib import Path

import pytest
from harness.claims import dns_agrees, rests, settled
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import Node
from harness.playbooks import Playbooks
from harness.stacks import PROBE


@pytest.fixture
def first(cluster: Cluster, probe: str):
    """The first manager of the inventory, which is down during the test."""
    node = cluster.managers[0]
    cluster.stop(node)
    yield node
    cluster.start(node)
    eventually(lambda: _is_back(cluster, node), within=90)
    eventually(lambda: settled(cluster), within=60)
    eventually(lambda: dns_agrees(cluster, probe, "pricing", 1), within=60)


def test_deploy_scale_status_and_remove(
    cluster: Cluster, playbooks: Playbooks, probe: str, first: Node, tmp_path: Path
) -> None:
    eventually(lambda: _has_leaders(cluster), within=60)
    deployed = playbooks.deploy(PROBE, "without")
    assert len(deployed.plan) == 4
    # Swarm has placed nothing on the dead node, and what was there is elsewhere by now.
    assert first.name not in {container.node.name for container in cluster.containers("without")}
    playbooks.scale("without", "pricing", 2)
    assert len(dns_agrees(cluster, "without", "pricing", 2)) == 2
    assert playbooks.deploy(PROBE, "without").changed == 0

    shown = playbooks.do("status", output=str(tmp_path / "status.json"))
    status = json.loads((tmp_path / "status.json").read_text())
    assert not status["healthy"]
    assert any(first.name in problem for problem in status["problems"])
    assert {node["name"]: node["swarm"] for node in status["nodes"]}[first.name] != "ready"
    assert "1.pricing.without" in shown.output

    playbooks.remove("without")
    assert not rests(cluster, "without")


def _has_leaders(cluster: Cluster) -> None:
    cluster.manager.run("docker node ls")
    assert cluster.manager.consul("/v1/status/leader")


def _is_back(cluster: Cluster, node: Node) -> None:
    """It is in Swarm, Consul and Serf again, and its agent runs."""
    found = json.loads(cluster.manager.run(f"docker node inspect {node.name}"))[0]
    assert (found["Status"]["State"], found["ManagerStatus"]["Reachability"]) == ("ready", "reachable")
    members = {member["Name"]: member["Status"] for member in cluster.manager.consul("/v1/agent/members")}
    assert members[node.name] == 1
    assert f"{node.name} " in cluster.manager.run("arpanet serf members -status=alive")
    assert node.run("systemctl is-active arpanet-agent").strip() == "active"
