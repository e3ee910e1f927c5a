"""Reads what Consul and Swarm keep for the whole cluster, and mends what nobody needs to be asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..core import ledger, names
from ..core.ledger import Ledger
from ..core.spec import Spec
from ..core.subnets import DEFAULT_POOL, DEFAULT_RANGE, parse_pool
from .consul import Consul, ConsulError, Op
from .engine import Engine, EngineError
from .lock import deployment_lock
from .serf import DEFAULT_RPC, Serf
from .subnets import SubnetStore
from .swarm import Swarm


def read(docker_host: str, consul: Consul, timeout: float) -> tuple[Ledger, dict[str, str]]:
    """As a manager's engine and the Consul of its node have it now; and why `consul` or `swarm` did not say."""
    raw: dict[str, bytes] = {}
    things: dict[str, list[Spec]] = {}
    services: dict[str, Spec] = {}
    errors = {}
    try:
        raw = consul.stored(names.KV_ROOT)
    except ConsulError as error:
        errors["consul"] = str(error)
    try:
        engine = Engine(docker_host, timeout)
        things, services = engine.labelled(("network", "secret", "config")), engine.services()
    except EngineError as error:
        errors["swarm"] = str(error)
    return ledger.read(raw, things, services), errors


def mend(engine: Engine, consul: Consul, step: Mapping[str, Any], serf_rpc: str = DEFAULT_RPC) -> None:
    """Do one of core.doctor's repairs; a thing that is in order by now is left alone.

    :raises ConsulError, EngineError, SwarmError, SerfError, SubnetError: it could not be done.
    :raises Locked: a controller is at work on the deployment, and makes what nothing uses yet.
    """
    doers: dict[str, Callable[[], None]] = {
        "delete_key": lambda: _delete(consul, step["key"], step["value"]),
        "release": lambda: _undisturbed(consul, step["deployment"], lambda: _release(consul, step["owners"])),
        "remove": lambda: _undisturbed(consul, step["deployment"], lambda: _remove(engine, step["kind"], step["name"])),
        "remove_node": lambda: Swarm().forget(step["id"]),
        "force_leave": lambda: _force_leave(consul, step["name"], step["parts"], serf_rpc),
    }
    doers[step["do"]]()


def _undisturbed(consul: Consul, deployment: str, do: Callable[[], None]) -> None:
    with deployment_lock(consul, deployment, "doctor.yml", patience=0):
        do()


def _delete(consul: Consul, key: str, value: Mapping[str, Any]) -> None:
    """Only as it was seen: who has written it since is right."""
    entry = consul.get(key)
    if entry.index and entry.value == value:
        consul.commit([Op("delete", key, entry.index)])


def _release(consul: Consul, owners: list[str]) -> None:
    # Which pool it was taken from does not matter to a release.
    store = SubnetStore(consul, parse_pool(DEFAULT_POOL, DEFAULT_RANGE))
    for owner in owners:
        store.release(owner)


def _remove(engine: Engine, kind: str, name: str) -> None:
    if not engine.remove(kind, name):
        raise EngineError(f"{kind} {name} is in use: `docker {kind} inspect {name}` on a manager says by whom")


def _force_leave(consul: Consul, name: str, parts: list[str], serf_rpc: str) -> None:
    if "consul" in parts:
        consul.force_leave(name)
    if "serf" in parts:
        Serf(serf_rpc).force_leave(name)
