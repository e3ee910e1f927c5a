"""What has to change so that Consul has a service as a user asked for it.

For services of users: what a node's agent registered is the agent's, and refused here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .registrations import Registration

# Consul does not tell how a check is defined, so the service carries a digest of its checks.
META_CHECKS = "arpanet-checks"

_KINDS = ("http", "tcp", "ttl")

Data = dict[str, Any]


class ServiceError(ValueError):
    """A service that cannot be registered or removed; the message says which, why and what to do."""


@dataclass(frozen=True)
class Plan:
    """The service before and after; None where there is none."""

    before: Registration | None
    after: Registration | None

    @property
    def changed(self) -> bool:
        """Is there anything to do?"""
        return self.before != self.after

    def as_diff(self) -> Data:
        """Ansible's before/after."""
        return {"before": as_data(self.before), "after": as_data(self.after)}


def plan(wanted: Registration | None, actual: Registration | None) -> Plan:
    """What turns `actual` into `wanted`; either may be absent."""
    if actual is not None and actual.container:
        raise ServiceError(
            f"service {actual.id} is registered by this node's agent for container {actual.container[:12]}: "
            "it follows its container and cannot be changed by hand"
        )
    # Whether its checks pass is not a matter of how it is registered.
    return Plan(replace(actual, trouble="") if actual else None, wanted)


def wanted(
    name: str,
    service_id: str | None = None,
    address: str | None = None,
    port: int = 0,
    tags: Iterable[str] = (),
    meta: Mapping[str, str] | None = None,
    checks: Iterable[Data] = (),
    node: str | None = None,
) -> Registration:
    """The registration of a service, of an external one on `node`. `checks` as `check` makes them."""
    if node and not address:
        raise ServiceError(f"service {name} on node {node} needs an address: where it is")
    values = {key: str(value) for key, value in (meta or {}).items()}
    digest = _digest(checks)
    if digest:
        values[META_CHECKS] = digest
    return Registration(
        id=service_id or name,
        name=name,
        address=address or "",
        port=port,
        tags=tuple(tags),
        meta=tuple(sorted(values.items())),
    )


def check(service: str, asked: Mapping[str, Any]) -> Data:
    """Consul's definition of a check from what a user asked for: one of http, tcp and ttl, with
    interval and timeout as Consul writes durations (`10s`), and the status to begin with."""
    kinds = [kind for kind in _KINDS if asked.get(kind)]
    if len(kinds) != 1:
        raise ServiceError(
            f"service {service}: a check has {' and '.join(kinds) or 'nothing to check'}: "
            f"give one of {', '.join(_KINDS)}"
        )
    kind = kinds[0]
    if kind != "ttl" and not asked.get("interval"):
        raise ServiceError(f"service {service}: the check of {asked[kind]} needs an interval, such as 10s")
    known = ("name", *_KINDS, "interval", "timeout", "status")
    return {key: asked[key] for key in known if asked.get(key)}


def as_data(registration: Registration | None) -> Data:
    """A registration as a user wrote it; empty for none."""
    if registration is None:
        return {}
    return {
        "id": registration.id,
        "name": registration.name,
        "address": registration.address,
        "port": registration.port,
        "tags": [*registration.tags],
        "meta": dict(registration.meta),
    }


def _digest(checks: Iterable[Data]) -> str:
    definitions = [*checks]
    if not definitions:
        return ""
    return hashlib.sha256(json.dumps(definitions, sort_keys=True).encode()).hexdigest()[:16]
