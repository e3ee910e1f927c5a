"""Which nodes a service's tasks may run on, by Swarm's own rules."""

from __future__ import annotations

import re
from typing import Any

from .placements import hostname
from .support import Unsupported

Spec = dict[str, Any]

_CONSTRAINT = re.compile(r"\s*(node|engine)\.([\w.\-]+)\s*(==|!=)\s*(.*?)\s*")


def eligible(service: Spec, nodes: list[Spec]) -> list[str]:
    """Hostnames of the nodes that take tasks and meet a service's constraints."""
    placement = (service.get("deploy") or {}).get("placement") or {}
    constraints = placement.get("constraints") or []
    return sorted(hostname(node) for node in nodes if takes_tasks(node) and all(meets(c, node) for c in constraints))


def meets(constraint: str, node: Spec) -> bool:
    """Whether a node meets one of Swarm's placement constraints.

    https://docs.docker.com/reference/cli/docker/service/create/#constraint
    """
    parsed = _CONSTRAINT.fullmatch(constraint)
    if not parsed:
        raise Unsupported(f"placement constraint {constraint!r} is not of the form node.labels.x==y")
    scope, key, operator, value = parsed.groups()
    description = node.get("Description") or {}
    known: dict[str, str] = {
        "id": node["ID"],
        "hostname": hostname(node),
        "ip": (node.get("Status") or {}).get("Addr", ""),
        "role": node["Spec"].get("Role", ""),
        "platform.os": (description.get("Platform") or {}).get("OS", ""),
        "platform.arch": (description.get("Platform") or {}).get("Architecture", ""),
    }
    label = key.removeprefix("labels.")
    if scope == "engine":
        actual = ((description.get("Engine") or {}).get("Labels") or {}).get(label, "")
    elif key.startswith("labels."):
        actual = (node["Spec"].get("Labels") or {}).get(label, "")
    else:
        actual = known.get(key, "")
    return (str(actual).lower() == value.lower()) == (operator == "==")


def takes_tasks(node: Spec) -> bool:
    """Whether a node is up and neither drained nor paused."""
    return bool(node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active")
