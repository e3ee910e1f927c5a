"""status.yml: the cluster as a table and as JSON."""

import json
from pathlib import Path
from typing import Any

from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks


def test_it_says_what_runs_where(abc: str, cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    def healthy() -> tuple[str, dict[str, Any]]:
        run = playbooks.do("status", output=str(tmp_path / "status.json"))
        status = json.loads((tmp_path / "status.json").read_text())
        assert status["problems"] == []
        return run.output, status

    text, status = eventually(healthy)
    assert status["healthy"]
    roles = {node["name"]: (node["role"], node["swarm"], node["serf"], node["consul"]) for node in status["nodes"]}
    assert roles == {
        node.name: ("manager" if node.manager else "worker", "ready", "alive", "alive") for node in cluster.nodes
    }
    (deployment,) = [one for one in status["deployments"] if one["id"] == abc]
    subnet = cluster.kv("arpanet/subnets/")
    assert deployment["networks"]["default"] in json.dumps([value for value, _ in subnet.values()])
    placed = {
        where["instance"]: (where["node"], where["address"], where["in_dns"])
        for service in deployment["services"]
        for where in service["placements"]
    }
    running = cluster.containers(abc)
    assert placed == {one.instance: (one.node.name, one.address, True) for one in running}
    for word in (*roles, *placed, deployment["networks"]["default"]):
        assert word in text
