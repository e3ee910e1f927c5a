"""One look around the cluster from a manager: everything its parts say, at once.

A part that does not answer is no failure: its reason is part of the picture.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ..core import names, seen, stored
from ..core.seen import Seen
from .consul import Consul, ConsulError
from .engine import Engine, EngineError
from .serf import Serf, SerfError

_PARALLEL = 8


def look(engine_url: str, consul: Consul, serf_rpc: str, timeout: float, only: str = "") -> Seen:
    """What the parts say, of all deployments or of one."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        swarm_part = pool.submit(_engine, engine_url, timeout)
        serf_part = pool.submit(_serf, serf_rpc, timeout)
        found, errors = _consul(consul, only)
        in_swarm, swarm_errors = swarm_part.result()
        members, serf_errors = serf_part.result()
        errors = {**errors, **swarm_errors, **serf_errors}
        picture = Seen(asked=socket.gethostname(), **found, **in_swarm, serf=members, errors=errors)
        if "consul" in errors:
            return picture
        deployments = [one for one in sorted(picture.deployments()) if only in ("", one)]
        wanted = [name for one in deployments for name in sorted(names.dns_services(one, picture.networks(one)))]
        try:
            *instances, agents = pool.map(consul.instances, [*wanted, names.AGENT_SERVICE])
        except ConsulError as error:
            return replace(picture, errors={**picture.errors, "consul": str(error)})
        return replace(picture, registered=dict(zip(wanted, instances, strict=True)), agents=agents)


def _engine(url: str, timeout: float) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        engine = Engine(url, timeout)
    except EngineError as error:
        return {}, {"engine": str(error), "swarm": str(error)}
    try:
        info = engine.info()
    except EngineError as error:
        # While managers look for a leader, this is what hangs.
        return {}, {"swarm": str(error)}
    if not (info.get("Swarm") or {}).get("ControlAvailable"):
        return {"info": info}, {"swarm": info["Swarm"].get("Error") or "this node is no manager"}
    try:
        reads: tuple[Callable[[], Any], ...] = (engine.nodes, engine.services, engine.tasks)
        nodes, services, tasks = engine.each(lambda read: read(), reads)
    except EngineError as error:
        return {"info": info}, {"swarm": str(error)}
    return {"info": info, "nodes": nodes, "services": seen.ours(services), "tasks": tasks}, {}


def _consul(consul: Consul, only: str) -> tuple[dict[str, Any], dict[str, str]]:
    prefixes = (f"{names.DEPLOYMENTS_PREFIX}{only}", names.SUBNETS_PREFIX, names.WEAVE_PREFIX)
    try:
        leader, members = consul.leader(), consul.members()
        values, illegible = stored.read({key: raw for prefix in prefixes for key, raw in consul.stored(prefix).items()})
    except ConsulError as error:
        return {}, {"consul": str(error)}
    return {
        "leader": leader,
        "members": members,
        "records": stored.records(values, illegible),
        "kept": seen.kept(values),
        "subnets": seen.subnets({key: value for key, value in values.items() if key.startswith(names.SUBNETS_PREFIX)}),
        "weave": {
            key.removeprefix(names.WEAVE_PREFIX): value
            for key, value in values.items()
            if key.startswith(names.WEAVE_PREFIX)
        },
        "illegible": illegible,
    }, {}


def _serf(rpc: str, timeout: float) -> tuple[list[dict[str, Any]], dict[str, str]]:
    try:
        return [member.as_json() for member in Serf(rpc, timeout=timeout).members()], {}
    except SerfError as error:
        return [], {"serf": str(error)}
