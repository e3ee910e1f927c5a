"""What must outlive a catastrophe, and how to find that it did."""

from typing import Any

from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks


def promised(cluster: Cluster) -> dict[str, Any]:
    """Records, subnets, revisions and volumes: every key but those that follow what runs."""
    moving = ("arpanet/nodes/", "arpanet/swarm/", "arpanet/leader", "arpanet/locks/")
    return {
        key: value
        for key, (value, _) in cluster.kv("arpanet/").items()
        if not key.startswith(moving) and "/leases/" not in key
    }


def still_there(cluster: Cluster, playbooks: Playbooks, before: dict[str, Any]) -> None:
    """The deployment runs and answers, with its secret, and a deploy finds nothing to do."""
    after = promised(cluster)
    assert {key: after.get(key) for key in before} == before
    eventually(lambda: dns_agrees(cluster, "abc", "catalogue", 2), within=120)
    eventually(lambda: leases_agree(cluster), within=60)
    one, *_ = cluster.containers("abc", "catalogue")
    assert one.run("cat", "/run/secrets/word").strip() == "kept"
    assert one.ask("catalogue")
    from conftest import KEEPER

    assert playbooks.deploy(KEEPER, "abc").changed == 0
