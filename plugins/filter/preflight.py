# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the roles, from the facts of all nodes to sentences."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.utils.display import Display
from ansible_collections.arpanet.cluster.plugins.plugin_utils.deferred import deferred


def node_problems(
    nodes: Mapping[str, Any],
    managers: Sequence[str],
    workers: Sequence[str],
    supported: Mapping[str, Sequence[str]],
    joins: bool = False,
) -> list[str]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import preflight

    remark = preflight.even(managers)
    if remark:
        Display().warning(remark)
    return preflight.node_problems(nodes, managers, workers, supported, joins)


def peer_address(variables: Mapping[str, Any]) -> str:
    """A host's address for its peers, from its variables; of a host that is down, from the inventory."""
    facts = variables.get("ansible_facts", {}).get("arpanet_node", {})
    declared = variables.get("arpanet_address") or facts.get("address")
    if declared:
        return str(declared)
    try:
        return str(ipaddress.ip_address(variables.get("ansible_host", "")))
    except ValueError:
        return ""


def peer_addresses(
    hosts: Sequence[str], variables: Mapping[str, Mapping[str, Any]], nodes: Mapping[str, Any]
) -> list[str]:
    """The hosts' addresses, sorted; of one that is down and has none in the inventory, what the managers of the swarm
    know. Who is known to nobody, or may be two, is left out."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member, Refused, named

    members = [Member(**member) for facts in nodes.values() if facts for member in facts["swarm"]["nodes"]]

    def known(host: str) -> str:
        try:
            return next((member.address for member in named(members, host) if member.address), "")
        except Refused:
            return ""

    return sorted({peer_address(variables[host]) or known(host) for host in hosts} - {""})


def setting_problems(variables: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[str]:
    """What is wrong with the settings of hosts, and on which; of all, where none are named."""
    wrong: dict[str, list[str]] = {}
    for host in hosts:
        for error in variables[host].get("__node_arguments", {}).get("argument_errors", ()):
            wrong.setdefault(error, []).append(host)
    return [error if len(on) == len(hosts) else f"{', '.join(on)}: {error}" for error, on in wrong.items()]


def swarm_nodes(
    variables: Mapping[str, Mapping[str, Any]], hosts: Sequence[str], managers: Sequence[str]
) -> list[dict[str, Any]]:
    """The hosts as the module swarm_nodes takes them; without those that are in no swarm yet."""
    found = []
    for name in hosts:
        own = variables[name]
        ids = [own.get(result, {}).get("node_id", "") for result in ("__swarm_joined", "__swarm_started")]
        ids.append(own["ansible_facts"]["arpanet_node"]["swarm"]["node_id"])
        if any(ids):
            found.append(
                {
                    "name": name,
                    "id": next(filter(None, ids)),
                    "role": "manager" if name in managers else "worker",
                    "labels": own.get("swarm_labels") or {},
                    **({"availability": own["swarm_availability"]} if own.get("swarm_availability") else {}),
                }
            )
    return found


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "dns_problems": deferred("preflight", "dns_problems"),
            "engine_problems": deferred("preflight", "engine_problems"),
            "gossips": deferred("preflight", "gossips"),
            "group_problems": deferred("preflight", "group_problems"),
            "key_problems": deferred("preflight", "key_problems"),
            "library_problems": deferred("preflight", "library_problems"),
            "node_problems": node_problems,
            "peer_address": peer_address,
            "peer_addresses": peer_addresses,
            "raft_problems": deferred("preflight", "raft_problems"),
            "registry_problems": deferred("preflight", "registry_problems"),
            "rotation_problems": deferred("preflight", "rotation_problems"),
            "serf_problems": deferred("preflight", "serf_problems"),
            "setting_problems": setting_problems,
            "swarm_as_declared": deferred("swarm", "as_declared"),
            "swarm_nodes": swarm_nodes,
            "swarm_problems": deferred("preflight", "swarm_problems"),
        }
