"""What a healthy cluster of three managers with one deployment answered, and what can befall it.

`fixtures/cluster.json` was recorded on such a cluster (services agent: one on each node, cache: 2,
pricing: 3) and shortened to what is read of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seen import Seen

RECORDED = Path(__file__).parents[1] / "fixtures" / "cluster.json"
NO_LEADER = "listing nodes: the Engine said: rpc error: code = Unknown desc = The swarm does not have a leader."


def recorded() -> dict[str, Any]:
    """The arguments of `Seen`, to be changed at will."""
    answer: dict[str, Any] = json.loads(RECORDED.read_text())
    return answer


def seen(parts: dict[str, Any]) -> Seen:
    return Seen(**parts)


def swarm_node(parts: dict[str, Any], name: str) -> dict[str, Any]:
    return next(node for node in parts["nodes"] if node["Description"]["Hostname"] == name)


def stop(parts: dict[str, Any], name: str, told_swarm: str = "down") -> None:
    """The node is off, and everybody has noticed. Swarm has not moved its tasks yet."""
    node = swarm_node(parts, name)
    node["Status"] |= {"State": told_swarm, "Message": "heartbeat failure"}
    node["ManagerStatus"]["Reachability"] = "unreachable"
    fail_consul(parts, name)
    next(member for member in parts["serf"] if member["name"] == name)["status"] = "failed"


def fail_consul(parts: dict[str, Any], name: str) -> None:
    """Consul's agent on the node is off, and with it the node's registrations are not served."""
    next(member for member in parts["members"] if member["Name"] == name)["Status"] = 4
    for instance in parts["registered"]["abc"]:
        if instance["node"] == name:
            instance |= {"passing": False, "trouble": "Agent not live or unreachable"}


def lose_swarm(parts: dict[str, Any], reason: str = NO_LEADER) -> None:
    """The managers have no majority: an engine knows only what it remembers."""
    parts |= {"nodes": [], "services": {}, "tasks": []}
    parts["errors"]["swarm"] = reason


def tasks_of(parts: dict[str, Any], service: str) -> list[dict[str, Any]]:
    """Tasks of a service of `abc` that are wanted to run."""
    wanted = parts["services"][f"abc_{service}"]["ID"]
    return [task for task in parts["tasks"] if task["ServiceID"] == wanted and task["DesiredState"] == "running"]
