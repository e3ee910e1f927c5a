"""The Engine's specifications as plain data, and when two of them are the same."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

# An empty one of these says something: a global service, a job on every node; zero is a count or a
# time here (no replicas, update everything at once, stop or restart without waiting), and false is
# not the same as what the node's daemon is set to.
_MEANT = frozenset(
    {"Global", "GlobalJob", "Replicas", "Parallelism", "MaxConcurrent", "TotalCompletions"}
    | {"Init", "StopGracePeriod", "Delay"}
)
# What the Engine adds by itself, or what only it knows.
_ADDED = frozenset({"ForceUpdate", "Runtime", "Isolation", "SecretID", "ConfigID"})
# Names and values in these are the user's, whatever they look like.
_VERBATIM = frozenset({"Labels", "Options", "DriverOpts", "Sysctls"})


def canonical(value: Any) -> Any:
    """A specification without what the Engine takes as "not given" (None, empty, zero, false) and
    without what it adds, so that what we want and what it reports can be compared."""
    if isinstance(value, dict):
        kept = {key: item if key in _VERBATIM else canonical(item) for key, item in value.items() if key not in _ADDED}
        return {key: item for key, item in kept.items() if item or (key in _MEANT and item is not None)}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


def identity(template: Spec) -> Spec:
    """What makes a task one of this template, placement aside."""
    kept: Spec = canonical({key: value for key, value in template.items() if key != "Placement"})
    return kept


def listed(value: str | list[str] | None) -> list[str]:
    """A value that may be one or several, as several."""
    return [value] if isinstance(value, str) else [str(item) for item in value or []]


def mapping(value: Spec | list[str] | None) -> Spec:
    """A value that may be `[key=value]`, as a mapping."""
    if isinstance(value, list):
        return dict(entry.partition("=")[::2] for entry in value)
    return value or {}


def network_as_spec(network: Spec) -> Spec:
    """An existing network in the shape that core.stack.network_spec makes."""
    kept = {key: network[key] for key in ("Name", "Driver", "Labels", "Internal", "Attachable")}
    # The overlay driver notes its VXLAN id among the options.
    options = {key: value for key, value in (network.get("Options") or {}).items() if "vxlanid" not in key}
    return {**kept, "Options": options, "IPAM": {"Config": (network.get("IPAM") or {}).get("Config") or []}}


def targets(spec: Spec) -> list[str]:
    """The networks of a service, as its specification calls them: by id, or by name."""
    return [network["Target"] for network in spec["TaskTemplate"].get("Networks") or []]


def with_network_names(spec: Spec, by_id: dict[str, str]) -> Spec:
    """The same with its networks by name, in their order."""
    template = spec["TaskTemplate"]
    networks = [
        {**network, "Target": by_id.get(network["Target"], network["Target"])}
        for network in template.get("Networks") or []
    ]
    return {
        **spec,
        "TaskTemplate": {**template, "Networks": sorted(networks, key=lambda network: network["Target"])},
    }
