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
# What nodes say of their kernel, as images say it.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def check(model: Spec) -> None:
    """Refuse constraints that Swarm does not know: it takes some of them, and no node ever meets one."""
    for name, service in sorted(model["services"].items()):
        for constraint in _stated(service):
            if not _CONSTRAINT.fullmatch(constraint):
                raise Unsupported(
                    f"service {name}: placement constraint {constraint!r} is not of the form node.labels.x==y"
                )


def eligible(service: Spec, nodes: list[Spec]) -> list[str]:
    """Hostnames of the nodes that may run a compose service."""
    placement = {"Constraints": _stated(service), "Platforms": platforms(service)}
    return sorted(hostname(node) for node in nodes if may_run(placement, node))


def platforms(service: Spec) -> list[Spec]:
    """The platform that a compose service asks for, as the Engine says it; empty for any."""
    os, _, architecture = str(service.get("platform") or "").partition("/")
    return [{"OS": os, "Architecture": architecture.split("/")[0]}] if os else []


def may_run(placement: Spec, node: Spec) -> bool:
    """Whether a node takes tasks of a service with this `Placement`.

    A task that runs already may stay where `Platforms` are others; Swarm asks for them where it places one.
    """
    return (
        takes_tasks(node)
        and all(meets(constraint, node) for constraint in placement.get("Constraints") or [])
        and _fits(placement.get("Platforms") or [], node)
    )


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


def _fits(wanted: list[Spec], node: Spec) -> bool:
    """Whether a node's platform is one of these; what one of them leaves out may be any."""
    own = _platform((node.get("Description") or {}).get("Platform") or {})
    return not wanted or any(
        all(asked in ("", is_) for asked, is_ in zip(_platform(one), own, strict=True)) for one in wanted
    )


def _platform(one: Spec) -> tuple[str, str]:
    architecture = str(one.get("Architecture") or "")
    return str(one.get("OS") or ""), _ARCHITECTURES.get(architecture, architecture)


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
