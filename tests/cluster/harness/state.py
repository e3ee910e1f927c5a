"""Everything that a playbook could change, to be compared before and after."""

from typing import Any

from .cluster import Cluster

# What agents say without being asked: who leads among them, which images their nodes have.
_RESTLESS = ("arpanet/leader", "arpanet/pulls/")
_NODES = "arpanet/nodes/"


def state(cluster: Cluster) -> dict[str, Any]:
    """What Swarm and Consul hold, with their own version counters."""
    swarm = {
        kind: sorted(
            (item.get("Id") or item["ID"], item.get("Version", {}).get("Index", 0)) for item in cluster.swarm(kind)
        )
        for kind in ("services", "networks", "secrets", "configs")
    }
    return {
        **swarm,
        "containers": sorted(container.id for container in cluster.containers()),
        # Each by itself, so that a comparison that fails names it.
        **{
            key: _of_node(value) if key.startswith(_NODES) else index
            for key, (value, index) in cluster.kv("arpanet/").items()
            if not key.startswith(_RESTLESS)
        },
    }


def _of_node(value: dict[str, Any]) -> dict[str, Any]:
    """What an agent says of its node, but for the networks there, which it may have found since."""
    return {part: said for part, said in value.items() if part != "networks"}
