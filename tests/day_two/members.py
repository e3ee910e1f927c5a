"""What the parts of a cluster say of its nodes."""

import json

from harness.cluster import Cluster
from harness.node import Node


def in_swarm(cluster: Cluster) -> dict[str, str]:
    """Node to `worker`, to what its managers' raft says of it, or to `down`."""
    return {
        one["Description"]["Hostname"]: (one.get("ManagerStatus") or {}).get("Reachability", one["Spec"]["Role"])
        if one["Status"]["State"] == "ready"
        else one["Status"]["State"]
        for one in cluster.manager.engine("/nodes")
    }


def in_consul(cluster: Cluster) -> dict[str, str]:
    """Node to `client`, `server`, or what Consul says of one that does not live."""
    members = cluster.manager.consul("/v1/agent/members")
    return {
        one["Name"]: ("server" if one["Tags"]["role"] == "consul" else "client") if one["Status"] == 1 else "gone"
        for one in members
    }


def voters(cluster: Cluster) -> set[str]:
    """The members of Consul's raft."""
    servers = cluster.manager.consul("/v1/operator/raft/configuration")["Servers"]
    return {server["Node"] for server in servers}


def in_serf(cluster: Cluster) -> dict[str, str]:
    """Member to its state."""
    listed = json.loads(cluster.manager.run("arpanet members --json"))["members"]
    return {one["name"]: one["status"] for one in listed}


def is_manager(cluster: Cluster, name: str) -> None:
    """A claim: the node is a manager everywhere."""
    assert in_swarm(cluster)[name] == "reachable"
    assert in_consul(cluster)[name] == "server"
    assert name in voters(cluster)


def is_worker(cluster: Cluster, name: str) -> None:
    """A claim: the node is a worker everywhere."""
    assert in_swarm(cluster)[name] == "worker"
    assert in_consul(cluster)[name] == "client"
    assert name not in voters(cluster)
    assert in_serf(cluster)[name] == "alive"


def is_nobody(cluster: Cluster, name: str) -> None:
    """A claim: nobody remembers the node."""
    assert name not in in_swarm(cluster)
    assert name not in in_consul(cluster)
    assert name not in voters(cluster)
    assert name not in in_serf(cluster)
    assert name not in {one["Node"] for one in cluster.manager.consul("/v1/catalog/nodes")}
    assert not [key for key, (value, _) in cluster.kv("arpanet/").items() if value and value.get("node") == name]


def leading_swarm(cluster: Cluster) -> Node:
    """The manager that leads the swarm."""
    nodes = cluster.manager.engine("/nodes")
    (name,) = (one["Description"]["Hostname"] for one in nodes if (one.get("ManagerStatus") or {}).get("Leader"))
    return next(node for node in cluster.managers if node.name == name)


def leading_consul(cluster: Cluster) -> Node:
    """The manager whose Consul leads."""
    address = cluster.manager.consul("/v1/status/leader").partition(":")[0]
    return next(node for node in cluster.managers if node.address == address)
