"""One look at a node for core.doctor: its units, and whether what it says is what it runs.

A part that does not answer is no failure: its reason is part of what was found.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from ..core import certificates, leases
from ..core.containers import Container
from ..core.dns import DnsError
from ..core.names import META_DEPLOYMENT
from ..core.registrations import Registration, ours, plan, wanted
from . import cluster_keys, host, resolver
from .consul import Consul, ConsulError
from .containers import Containers, ContainersError
from .swarm import Swarm, SwarmError

AGENT = "/etc/arpanet/agent.json"
CONSUL = "/etc/consul.d/arpanet.json"
# A unit that runs where it was asked for, and the file that says so.
ASKED_FOR = {"arpanet-firewall.service": "/etc/arpanet/firewall.json"}


def look(
    units: Mapping[str, list[str]], consul: Consul, containers: Containers, names: Iterable[str]
) -> dict[str, Any]:
    """What core.doctor knows as a look.

    :param names: asked for below `service.consul`, of every address on which this node's Consul
        answers DNS.
    """
    node = _configured(AGENT).get("node") or socket.gethostname()
    dns = _configured(CONSUL)
    servers = str((dns.get("addresses") or {}).get("dns") or "127.0.0.1").split()
    found: dict[str, Any] = {"node": node, "units": host.services(units), "errors": {}}
    found["asked_for"] = [unit for unit, path in ASKED_FOR.items() if host.text(path)]
    errors = found["errors"]
    try:
        running = containers.running()
        found["leases"] = leases.wanted(running, node)
        found["serving"] = _serving(wanted(running).values())
        found["steps"] = _steps(running, ours(consul.registrations()))
    except ContainersError as error:
        errors["engine"] = str(error)
    except ConsulError as error:
        errors["consul"] = str(error)
    try:
        found["swarm"] = Swarm(timeout=5).local().__dict__
    except SwarmError as error:
        if "engine" not in errors:
            errors["swarm"] = str(error)
    found["certificates"] = {path: left for path in certificates.PATHS if (left := cluster_keys.left(path))}
    found["dns"] = {}
    for server in servers:
        try:
            full = {f"{name}.service.consul": name for name in names}
            answers = resolver.resolve(server, full)
            found["dns"][server] = {full[name]: addresses for name, addresses in answers.items()}
        except DnsError as error:
            errors[f"dns {server}"] = str(error)
    return found


def _configured(path: str) -> dict[str, Any]:
    try:
        value = json.loads(host.text(path) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _serving(registrations: Iterable[Registration]) -> dict[str, list[str]]:
    """Names without their domain, and the addresses of this node's instances that serve."""
    found: dict[str, list[str]] = {}
    for one in registrations:
        if one.tags and not one.trouble and one.address:
            for tag in one.tags:
                found.setdefault(f"{tag}.{one.name}", []).append(one.address)
    return {name: sorted(set(addresses)) for name, addresses in found.items()}


def _steps(running: tuple[Container, ...], have: dict[str, Registration]) -> list[dict[str, str]]:
    """What the node's agent would do now: nothing, when it works."""
    steps = plan(wanted(running), have, {container.id for container in running})
    return [
        {
            "verb": type(step).__name__.lower(),
            "id": step.registration.id,
            "address": step.registration.address,
            "container": step.registration.container,
            "deployment": dict(step.registration.meta)[META_DEPLOYMENT],
        }
        for step in steps
    ]
