"""The picture of a cluster as text for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from .diagnosis import findings
from .english import counted
from .registrations import SHORT_ID
from .status import Deployment, Node, Status
from .tables import table

_UNKNOWN = "?"


def as_data(status: Status) -> dict[str, Any]:
    """`{healthy, problems, findings, asked, swarm, consul, nodes, deployments, errors}` of plain values."""
    found = findings(status)
    return {
        "healthy": not found,
        "problems": [one.line for one in found],
        "findings": [one.as_data() for one in found],
        **asdict(status),
    }


def as_text(status: Status) -> str:
    """Problems first with cause and mend, then nodes, deployments and the instances of each."""
    parts = [_summary(status), _nodes(status)]
    if status.weave:
        parts.append(_weave(status))
    if status.deployments:
        parts.append(_deployments(status))
        parts += [_instances(deployment) for deployment in status.deployments if deployment.services]
    return "\n\n".join(parts)


def _summary(status: Status) -> str:
    found = findings(status)
    size = f"{counted(len(status.nodes), 'node')}, {counted(len(status.deployments), 'deployment')}"
    if not found:
        return f"{size}, no problems (asked {status.asked})"
    head = f"{size}, {counted(len(found), 'problem').upper()} (asked {status.asked})"
    return "\n".join([head, *(line for one in found for line in one.lines(" "))])


def _nodes(status: Status) -> str:
    head = ("NODE", "ROLE", "AVAILABILITY", "SWARM", "SERF", "CONSUL", "ADDRESS", "ENGINE")
    silent = status.errors
    rows = [
        (
            node.name,
            _with_leader(node.role or "-", node.leader),
            node.availability or (_UNKNOWN if not status.swarm.ok else "-"),
            _swarm(node, status),
            node.serf or (_UNKNOWN if "serf" in silent else "-"),
            _consul(node) or (_UNKNOWN if "consul" in silent else "-"),
            node.address or _UNKNOWN,
            node.engine or _UNKNOWN,
        )
        for node in status.nodes
    ]
    return table(head, rows)


def _weave(status: Status) -> str:
    """Each node's Weave: its name among its peers, its way to them, and how it stands with them."""
    rows = []
    for node, said in sorted(status.weave.items()):
        states = ", ".join(f"{count} {state}" for state, count in sorted((said.get("connections") or {}).items()))
        sealed = "encrypted" if said.get("encrypted") else "not encrypted"
        state = "ready" if said.get("ready") else "not ready"
        rows.append((node, state, said.get("peer") or "-", said.get("path") or "-", sealed, states or "none"))
    return table(("WEAVE", "STATE", "PEER", "PATH", "", "CONNECTIONS"), rows)


def _swarm(node: Node, status: Status) -> str:
    if not status.swarm.ok:
        return _UNKNOWN
    unreachable = ", unreachable" if node.reachable is False else ""
    return f"{node.swarm or '-'}{unreachable}"


def _consul(node: Node) -> str:
    if not node.consul:
        return ""
    return _with_leader(f"{node.consul_role} {node.consul}", node.consul_leader)


def _with_leader(text: str, leader: bool) -> str:
    return f"{text} (leader)" if leader else text


def _deployments(status: Status) -> str:
    head = ("DEPLOYMENT", "STACK", "DRIVER", "REVISION", "RUNNING", "IN DNS", "SUBNETS")
    rows = []
    for deployment in status.deployments:
        services = deployment.services
        subnets = ", ".join(f"{network} {cidr}" for network, cidr in deployment.networks.items())
        rows.append(
            (
                deployment.id,
                deployment.stack or "-",
                deployment.driver,
                deployment.revision or "-",
                _fraction(_sum(s.running for s in services), _sum(s.wanted for s in services)),
                _known(_sum(s.in_dns for s in services)),
                subnets or "-",
            )
        )
    return table(head, rows)


def _instances(deployment: Deployment) -> str:
    head = (f"SERVICES OF {deployment.id}", "RUNNING", "IN DNS", "NODE", "ADDRESS", "STATE", "CONTAINER")
    rows: list[tuple[object, ...]] = []
    for service in deployment.services:
        rows.append((service.name, _fraction(service.running, service.wanted), _known(service.in_dns), *[""] * 4))
        rows += [
            (
                f"  {one.instance}",
                "",
                _UNKNOWN if one.in_dns is None else "yes" if one.in_dns else "no",
                one.node or "-",
                one.address or "-",
                one.state or _UNKNOWN,
                one.container[:SHORT_ID] or "-",
            )
            for one in service.placements
        ]
    return table(head, rows)


def _fraction(running: int | None, wanted: int | None) -> str:
    return f"{_known(running)}/{_known(wanted)}"


def _known(number: int | None) -> str:
    return _UNKNOWN if number is None else str(number)


def _sum(numbers: Iterator[int | None]) -> int | None:
    found = [*numbers]
    return None if None in found else sum(number for number in found if number is not None)
