"""Which node holds a service's local volumes, so that its tasks never leave their data.

A named volume of the driver `local` lives on the node where its first task ran, and Swarm would
start a moved task on an empty one of the same name (moby#33080). So a service with such a volume
is pinned, from its first deploy on, to the node that the record names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from . import names
from .constraints import eligible, takes_tasks
from .placements import hostname
from .support import Unsupported

Spec = dict[str, Any]

_PIN = "node.hostname=="


def local_volumes(model: Spec) -> dict[str, list[str]]:
    """service -> its local named volumes, for services that have any.

    Services that run on every node have one of their own on each, which is what they ask for.
    """
    declared = model.get("volumes") or {}
    found: dict[str, list[str]] = {}
    for name, service in model["services"].items():
        if (service.get("deploy") or {}).get("mode") in ("global", "global-job"):
            continue
        own = [
            volume["source"]
            for volume in service.get("volumes") or []
            if volume.get("type") == "volume" and volume.get("source") and _is_local(declared.get(volume["source"]))
        ]
        if own:
            found[name] = sorted(own)
    return found


def choose(
    model: Spec, held: dict[str, str], nodes: list[Spec], busy: Counter[str], moved: frozenset[str]
) -> dict[str, str]:
    """volume -> hostname of the node that holds it, for every local volume of the stack.

    :param held: what the record says; kept, unless the volume is in `moved`.
    :param nodes: as `GET /nodes` answers.
    :param busy: hostname -> how many volumes of other deployments it holds; the least busy is chosen.
    :param moved: volumes that the user asked to move (and to start empty).
    """
    chosen = {volume: node for volume, node in held.items() if volume not in moved}
    services = local_volumes(model)
    for name, own in sorted(services.items()):
        places = {chosen[volume] for volume in own if volume in chosen}
        if len(places) > 1:
            raise Unsupported(
                f"service {name}: its volumes {', '.join(own)} are on different nodes "
                f"({', '.join(sorted(places))}); move one of them with -e move_volumes="
            )
        wanted = model["services"][name]
        allowed = eligible(wanted, nodes)
        if places:
            here = next(iter(places))
            if here not in {hostname(node) for node in nodes if takes_tasks(node)}:
                raise Unsupported(
                    f"service {name}: its volume {own[0]} is on {here}, which takes no tasks now; bring it back, "
                    f"or start empty elsewhere with -e move_volumes={own[0]}"
                )
            if here not in allowed:
                raise Unsupported(
                    f"service {name}: its volume {own[0]} is on {here}, which its placement constraints or its "
                    f"platform exclude; lift them, or start it empty elsewhere with -e move_volumes={own[0]}"
                )
        else:
            leaving = {held[volume] for volume in own if volume in moved and volume in held}
            free = [node for node in allowed if node not in leaving] or allowed
            if not free:
                raise Unsupported(f"service {name}: no node takes it, so its volume {own[0]} has no place")
            here = min(free, key=lambda node: (busy[node], node))
        for volume in own:
            chosen[volume] = here
        busy[here] += 1
    used = {volume for own in services.values() for volume in own}
    # A volume that no service uses now is still there for the day that one does again.
    return {volume: node for volume, node in chosen.items() if volume in used or volume in held}


def pinned(model: Spec, places: dict[str, str]) -> Spec:
    """The model with each service that has local volumes tied to the node that holds them."""
    services = dict(model["services"])
    for name, own in local_volumes(model).items():
        deploy = services[name].get("deploy") or {}
        placement = deploy.get("placement") or {}
        constraints = [*(placement.get("constraints") or []), f"{_PIN}{places[own[0]]}"]
        services[name] = {
            **services[name],
            "deploy": {**deploy, "placement": {**placement, "constraints": constraints}},
        }
    return {**model, "services": services}


def as_pinned(deployment: str, held: Mapping[str, str], services: Iterable[Spec]) -> dict[str, str]:
    """What the record has to say where these services run: a volume is on the node that a service which mounts it is
    pinned to.

    :param held: what the record says; it stays so of volumes that none of them mounts.
    :param services: specifications in the Engine's shape.
    """
    found = dict(held)
    for spec in services:
        template = spec["TaskTemplate"]
        mounts = template["ContainerSpec"].get("Mounts") or []
        sources = {mount.get("Source") for mount in mounts if mount["Type"] == "volume"}
        # An external one has no name of ours.
        mounted = [volume for volume in held if sources & {volume, names.swarm_name(deployment, volume)}]
        constraints = (template.get("Placement") or {}).get("Constraints") or []
        nodes = [one.removeprefix(_PIN) for one in constraints if one.startswith(_PIN)]
        # One that runs on every node has a volume of its own on each, whatever its file says of nodes.
        if not spec["Mode"].keys() & {"Global", "GlobalJob"}:
            found |= {volume: node for volume in mounted for node in nodes}
    return found


def _is_local(declared: Spec | None) -> bool:
    body = declared or {}
    # A local volume with a device is a mount of something else: NFS, for one, is everywhere.
    return body.get("driver") in (None, "local") and not (body.get("driver_opts") or {}).get("device")
