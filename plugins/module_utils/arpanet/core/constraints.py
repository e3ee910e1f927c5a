"""Which nodes a service's tasks may run on, by Swarm's own rules."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Any

from .placements import hostname
from .support import Unsupported

Spec = dict[str, Any]

# All that Swarm knows of (swarmkit's `NodeMatches`). Only a label's name is told by its case.
_CONSTRAINT = re.compile(
    r"\s*(?:(node|engine)\.labels\.([\w.\-]+)|node\.(id|hostname|ip|role|platform\.os|platform\.arch))"
    r"\s*(==|!=)\s*(.*?)\s*",
    re.IGNORECASE | re.ASCII,
)


def check(model: Spec) -> None:
    """Refuse constraints that Swarm does not know: it takes some of them, and no node ever meets one."""
    for name, service in sorted(model["services"].items()):
        for constraint in _stated(service):
            if not _CONSTRAINT.fullmatch(constraint):
                raise Unsupported(
                    f"service {name}: placement constraint {constraint!r} is not of the form node.labels.x==y"
                )


def eligible(service: Spec, nodes: list[Spec]) -> list[str]:
    """Hostnames of the nodes that take tasks and meet a service's constraints."""
    constraints = _stated(service)
    return sorted(hostname(node) for node in nodes if takes_tasks(node) and all(meets(c, node) for c in constraints))


def meets(constraint: str, node: Spec) -> bool:
    """Whether a node meets one of Swarm's placement constraints; what Swarm does not know, no node meets.

    https://docs.docker.com/reference/cli/docker/service/create/#constraint
    """
    parsed = _CONSTRAINT.fullmatch(constraint)
    if not parsed:
        return False
    scope, label, key, operator, value = parsed.groups()
    description = node.get("Description") or {}
    platform = description.get("Platform") or {}
    known = {
        "id": node["ID"],
        "hostname": hostname(node),
        "role": node["Spec"].get("Role"),
        "platform.os": platform.get("OS"),
        "platform.arch": platform.get("Architecture"),
    }
    if label:
        bearer = node["Spec"] if scope.lower() == "node" else description.get("Engine") or {}
        actual = (bearer.get("Labels") or {}).get(label)
    elif key.lower() == "ip":
        within = _within((node.get("Status") or {}).get("Addr"), value)
        return within is not None and within == (operator == "==")
    else:
        actual = known[key.lower()]
    return (str(actual or "").lower() == value.lower()) == (operator == "==")


def takes_tasks(node: Spec) -> bool:
    """Whether a node is up and neither drained nor paused."""
    return bool(node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active")


def _stated(service: Spec) -> list[str]:
    """The constraints of a compose service."""
    stated: list[str] = ((service.get("deploy") or {}).get("placement") or {}).get("constraints") or []
    return stated


def _within(address: str | None, value: str) -> bool | None:
    """Whether an address is this one, or in this range; None where it is neither."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return None
    try:
        return ip_address(address or "") in network
    except ValueError:
        # Swarm has no address of it.
        return False
