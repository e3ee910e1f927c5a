"""Instances are spread evenly again, and who is not there is refused."""

from collections import Counter

import pytest
from conftest import Temporary
from harness.claims import dns_agrees
from harness.cluster import Cluster
from harness.playbooks import Playbooks


@pytest.mark.long
def test_a_node_that_takes_instances_again_gets_its_share(
    cluster: Cluster, playbooks: Playbooks, temporary: Temporary
) -> None:
    late = cluster.nodes[-1].name
    with temporary("even") as deployment:
        try:
            cluster.manager.run(f"docker node update --availability pause {late}")
            playbooks.scale(deployment, "pricing", 2 * len(cluster.nodes))
        finally:
            cluster.manager.run(f"docker node update --availability active {late}")
        before = {one.instance: one.id for one in cluster.containers(deployment, "pricing")}
        assert playbooks.do("rebalance", "--check", deployment=deployment).changed == 1
        assert {one.instance: one.id for one in cluster.containers(deployment, "pricing")} == before
        assert playbooks.do("rebalance", deployment=deployment).changed == 1
        after = cluster.containers(deployment, "pricing")
        spread = Counter(one.node.name for one in after)
        assert max(spread.values()) - min(spread[node.name] for node in cluster.nodes) <= 1
        assert {one.instance for one in after} == before.keys()
        assert len({one.id for one in after} - set(before.values())) <= 2, "what was in its place was left alone"
        dns_agrees(cluster, deployment, "pricing", len(after))
        assert playbooks.do("rebalance", deployment=deployment).changed == 0


def test_who_is_not_there_is_not_promoted(playbooks: Playbooks) -> None:
    for playbook in ("promote", "demote"):
        refused = playbooks.run(playbook, node="nobody")
        assert refused.code != 0
        assert "The inventory has no host nobody" in refused.words
