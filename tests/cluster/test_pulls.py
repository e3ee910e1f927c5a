"""An image is on every node that may have to run it, before it has to."""

import json
from pathlib import Path

import pytest
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks


@pytest.mark.long
def test_nodes_pull_ahead_what_they_may_run(cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    context = tmp_path / "ahead"
    context.mkdir()
    here, elsewhere = cluster.nodes[0], cluster.nodes[1]

    def written(version: int) -> Path:
        # An image that no node has: built here, of a layer of its own.
        (context / "version").write_text(f"{tmp_path} {version}\n")
        (context / "Dockerfile").write_text('FROM arpanet/musl-client\nCOPY version /version\nCMD ["wait"]\n')
        service = {"build": ".", "stop_grace_period": "1s"}
        once = {"volumes": ["data:/data"], "deploy": {"placement": {"constraints": [f"node.hostname=={here.name}"]}}}
        file = {
            "services": {"free": service, "pinned": {**service, **once}},
            "volumes": {"data": {}},
        }
        (context / "compose.yml").write_text(json.dumps(file))
        return context / "compose.yml"

    def images() -> dict[str, str]:
        """What runs, by service."""
        specs = [item["Spec"] for item in cluster.swarm("services") if item["Spec"]["Name"].startswith("ahead_")]
        return {spec["Name"].removeprefix("ahead_"): spec["TaskTemplate"]["ContainerSpec"]["Image"] for spec in specs}

    def everywhere() -> None:
        image = images()["free"]
        repository, digest = image.rsplit(":", 2)[0], image.partition("@")[2]
        there = cluster.each(lambda node: node.run(f"docker image ls --quiet --digests {repository}@{digest}"))
        assert all(there.values()), there

    try:
        playbooks.deploy(written(1), "ahead")
        eventually(everywhere)
        assert elsewhere.consul(f"/v1/kv/arpanet/pulls/{elsewhere.name}?raw")[images()["free"]] == "there"
        # With a volume the old instance stops first: not before its node has the new image.
        playbooks.deploy(written(2), "ahead")
        eventually(everywhere)
    finally:
        playbooks.remove("ahead")
    assert not cluster.kv("arpanet/images/ahead")
