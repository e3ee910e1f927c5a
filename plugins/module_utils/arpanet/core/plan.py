"""The difference between what should exist and what does, field by field.

A plan is pure data: `changed`, check mode's answer and the diff are all read from it, and
applying does what it says and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import names
from .drivers import OVERLAY
from .secrecy import masked_pair
from .spec import Spec, canonical
from .stack import Desired

CREATE, UPDATE, REMOVE = "create", "update", "remove"

# Swarm replaces a service's tasks when its task template or its ports change (of a changed placement
# only those tasks that it no longer allows), and a service of another mode is another service.
_RESTARTING = ("TaskTemplate.", "EndpointSpec.")
# The Engine adds it to the options of a network, and what exists is read without it; a stack may state it.
_ADDED_OPTION = "com.docker.network.driver.overlay.vxlanid_list"

# What users call the Engine's fields; the first match wins.
_SPOKEN = (
    (r"^TaskTemplate\.ContainerSpec\.Image$", "image"),
    (r"^TaskTemplate\.ContainerSpec\.Env\.", "environment."),
    (r"^TaskTemplate\.ContainerSpec\.Args", "command"),
    (r"^TaskTemplate\.ContainerSpec\.Command", "entrypoint"),
    (r"^TaskTemplate\.ContainerSpec\.Mounts", "mounts"),
    (r"^TaskTemplate\.ContainerSpec\.Labels\.arpanet\.addresses$", "ipv4_address"),
    (r"^TaskTemplate\.ContainerSpec\.Labels\.", "labels."),
    (r"^TaskTemplate\.ContainerSpec\.Secrets", "secrets"),
    (r"^TaskTemplate\.ContainerSpec\.Configs", "configs"),
    (r"^Labels\.", "deploy.labels."),
    (r"^TaskTemplate\.ContainerSpec\.", ""),
    (r"^TaskTemplate\.Networks", "networks"),
    (r"^TaskTemplate\.", ""),
    (r"^Mode\.Replicated\.Replicas$", "replicas"),
    (r"^EndpointSpec\.Ports", "ports"),
)
# What every service of ours has; a diff of a new one is about what is its own.
_OURS = (
    "DNSConfig.",
    "EndpointSpec.Mode",
    "Hostname",
    "RestartPolicy.",
    "RollbackConfig.",
    "UpdateConfig.",
    "deploy.labels.arpanet.",
    "labels.arpanet.",
)


@dataclass(frozen=True)
class Field:
    """One field before and after; None where it is absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One thing of a deployment that is created, updated or removed."""

    kind: str  # service, network, secret, config
    name: str
    action: str
    fields: tuple[Field, ...] = ()
    restarts: bool = False


@dataclass(frozen=True)
class Actual:
    """What the Engine has of one deployment, by name, in the Engine's shapes.

    `given_up` are services whose last update Swarm gave up, and what it says of that.
    """

    services: dict[str, Spec] = field(default_factory=dict)
    networks: dict[str, Spec] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    configs: frozenset[str] = frozenset()
    given_up: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What has to be done, in no order."""

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of(self, kind: str, *actions: str) -> list[str]:
        """Names of one kind with one of these actions."""
        return [change.name for change in self.changes if change.kind == kind and change.action in actions]


def plan(desired: Desired, actual: Actual) -> Plan:
    """What turns `actual` into `desired`."""
    changes = [
        *_named("network", desired.networks, actual.networks),
        *_named("secret", desired.secrets, actual.secrets, desired.kept),
        *_named("config", desired.configs, actual.configs, desired.kept),
        *_services(desired.services, actual.services, actual.given_up),
    ]
    return Plan(tuple(sorted(changes, key=lambda change: (change.kind, change.name))))


def removal(actual: Actual) -> Plan:
    """What removes all of it."""
    return plan(Desired("", {}, {}), actual)


def clashing_networks(desired: Desired, actual: Actual) -> list[str]:
    """Networks that exist otherwise than they should, each with how: an Engine network cannot change in place."""
    clashing = []
    for name, spec in desired.networks.items():
        before, after = (_fixed(found) for found in (actual.networks.get(name, spec), spec))
        changes = [f"{key} {before[key]} -> {after[key]}" for key in after if before[key] != after[key]]
        if changes:
            clashing.append(f"{name} ({', '.join(changes)})")
    return clashing


def _fixed(network: Spec) -> dict[str, Any]:
    """What of a network is settled when it is made."""
    options = network.get("Options") or {}
    return {
        "driver": network.get("Driver", OVERLAY),
        "subnet": ", ".join(_subnets(network)),
        "internal": bool(network.get("Internal")),
        "attachable": bool(network.get("Attachable")),
        "options": {key: value for key, value in sorted(options.items()) if key != _ADDED_OPTION},
    }


def as_lines(changes: list[dict[str, Any]]) -> list[str]:
    """A plan (`as_data`) for people: `~ service abc_web (restarts its instances) image, replicas`."""
    signs = {CREATE: "+", UPDATE: "~", REMOVE: "-"}
    lines = []
    for change in changes:
        restarts = " (restarts its instances)" if change["restarts"] else ""
        fields = ", ".join(change["fields"]) if change["action"] == UPDATE else ""
        lines.append(f"{signs[change['action']]} {change['kind']} {change['name']}{restarts} {fields}".rstrip())
    return lines


def as_diff(plan: Plan) -> dict[str, Any]:
    """Ansible's before/after of a plan: {kind: {name: {field: value}}}."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in plan.changes:
        group = f"{change.kind}s"
        if change.action != CREATE:
            before.setdefault(group, {})[change.name] = {
                f.path: f.before for f in change.fields if f.before is not None
            }
        if change.action != REMOVE:
            after.setdefault(group, {})[change.name] = {
                f.path: f.after
                for f in change.fields
                if f.after is not None and not (change.action == CREATE and f.path.startswith(_OURS))
            }
    return {"before": before, "after": after}


def as_data(plan: Plan) -> list[dict[str, Any]]:
    """A plan for programs: [{kind, name, action, restarts, fields: {path: [before, after]}}]."""
    return [
        {
            "kind": change.kind,
            "name": change.name,
            "action": change.action,
            "restarts": change.restarts,
            "fields": {f.path: [f.before, f.after] for f in change.fields},
        }
        for change in plan.changes
    ]


def _named(
    kind: str, desired: dict[str, Spec], actual: dict[str, Spec] | frozenset[str], kept: frozenset[str] = frozenset()
) -> Iterator[Change]:
    for name, spec in desired.items():
        if name not in actual:
            yield Change(kind, name, CREATE, _made_with(spec))
    for name in actual:
        if name not in desired and name not in kept:
            yield Change(kind, name, REMOVE)


def _made_with(spec: Spec) -> tuple[Field, ...]:
    """What a plan shows of a new network, besides its name."""
    subnets = tuple(Field("subnet", None, cidr) for cidr in _subnets(spec))
    other = spec.get("Driver", OVERLAY) != OVERLAY
    return (Field("driver", None, spec["Driver"]), *subnets) if other else subnets


def _services(desired: dict[str, Spec], actual: dict[str, Spec], given_up: Mapping[str, str]) -> Iterator[Change]:
    for name, spec in desired.items():
        if name not in actual:
            yield Change("service", name, CREATE, differences({}, spec))
            continue
        fields = differences(actual[name], spec)
        if name in given_up:
            # Swarm does nothing more for it, whatever its specification says, until it is sent once more.
            fields = (*fields, Field("UpdateStatus", given_up[name], None))
        if fields:
            before, after = flatten(actual[name]), flatten(spec)
            restarts = set(actual[name]["Mode"]) != set(spec["Mode"]) or any(
                path.startswith(_RESTARTING) and before.get(path) != after.get(path) for path in {*before, *after}
            )
            yield Change("service", name, UPDATE, fields, restarts)
    for name in actual:
        if name not in desired:
            yield Change("service", name, REMOVE)


def differences(before: Spec, after: Spec) -> tuple[Field, ...]:
    """The fields that differ, by the name a user knows, values of secrets hidden."""
    old, new = flatten(before), flatten(after)
    return tuple(
        _shown(path, old.get(path), new.get(path)) for path in sorted({*old, *new}) if old.get(path) != new.get(path)
    )


def flatten(spec: Spec) -> dict[str, Any]:
    """A specification as `path -> value`, without what is no difference between two of them."""
    flat: dict[str, Any] = {}
    _flatten("", canonical({**spec, "Name": None}), flat)
    flat.pop(f"Labels.{names.LABEL_REVISION}", None)
    # Says again what EndpointSpec says.
    flat.pop(f"TaskTemplate.ContainerSpec.Labels.{names.LABEL_PORTS}", None)
    return flat


def _flatten(prefix: str, value: Any, into: dict[str, Any]) -> None:
    if prefix.endswith("ContainerSpec.Env") and isinstance(value, list):
        value = {key: text if stated else "(unset)" for key, stated, text in (entry.partition("=") for entry in value)}
    # A label's name has dots of its own, so the path is for people, never parsed again.
    if isinstance(value, dict) and (value or not prefix):
        for key, item in value.items():
            _flatten(f"{prefix}.{key}" if prefix else key, item, into)
    else:
        into[prefix] = value


def _shown(path: str, before: Any, after: Any) -> Field:
    spoken = path
    for pattern, replacement in _SPOKEN:
        spoken, found = re.subn(pattern, replacement, path)
        if found:
            break
    return Field(spoken, *masked_pair(spoken.partition(".")[2], before, after))


def _subnets(spec: Spec) -> list[str]:
    return [config["Subnet"] for config in (spec.get("IPAM") or {}).get("Config") or []]
