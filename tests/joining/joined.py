"""What is so when a machine has joined."""

import json

from harness.newcomers import World
from harness.node import Node

UNITS = ("serf", "consul", "arpanet-registry-proxy", "arpanet-agent", "docker")


def key(world: World) -> str:
    return world.manager.run("cat /etc/arpanet/keys/serf").strip()


def cluster_id(world: World) -> str:
    return world.manager.run("arpanet cluster").strip()


def is_node(world: World, node: Node) -> None:
    """It is in Swarm, Consul and Serf, its services run, and a name resolves there."""
    states = {one["Description"]["Hostname"]: one["Status"]["State"] for one in world.manager.engine("/nodes")}
    assert states.get(node.name) == "ready"
    members = {member["Name"]: member["Status"] for member in world.manager.consul("/v1/agent/members")}
    assert members[node.name] == 1
    listed = json.loads(world.manager.run("arpanet members --json --status alive"))["members"]
    assert node.name in {one["name"] for one in listed}
    assert node.run(f"systemctl is-active {' '.join(UNITS)}").split() == ["active"] * len(UNITS)
    assert node.dns("consul.service.consul")["consul.service.consul"]
