"""Who else is on a deployment's networks: containers and services of others, which keep a network from going."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..core import names
from ..core.placements import OVER, hostname
from ..core.registrations import SHORT_ID
from ..core.spec import Spec
from .engine import Engine


def on_networks(engine: Engine, deployment: str, networks: Collection[str]) -> list[str]:
    """A line for each, with what to do; empty when nobody else is on them."""
    if not networks:
        return []
    nodes = {node["ID"]: node for node in engine.nodes()}
    ids = {network["Id"]: name for name, network in engine.networks(deployment).items() if name in networks}
    return [
        *_containers(engine.attachments(), nodes, networks),
        *_services(engine.everybodys_services(), deployment, ids),
    ]


def _containers(attachments: list[Spec], nodes: dict[str, Spec], networks: Collection[str]) -> Iterator[str]:
    for task in attachments:
        container = str(task["Spec"]["NetworkAttachmentSpec"]["ContainerID"])[:SHORT_ID]
        node = nodes.get(task.get("NodeID", ""), {})
        for network in sorted(_networks(task) & {*networks}) if task["Status"]["State"] not in OVER else ():
            where = hostname(node) or "a node that left"
            cure = f"remove it there (docker rm -f {container})"
            if (node.get("Status") or {}).get("State") != "ready":
                cure = f"{where} does not answer: bring it back, or take it out of the Swarm"
            yield f"network {network} is used by a container of somebody else's, {container} on {where}: {cure}"


def _networks(task: dict[str, Any]) -> set[str]:
    return {attached["Network"]["Spec"]["Name"] for attached in task.get("NetworksAttachments") or []}


def _services(services: dict[str, Spec], deployment: str, ids: dict[str, str]) -> Iterator[str]:
    for name, service in sorted(services.items()):
        owner = (service["Spec"].get("Labels") or {}).get(names.LABEL_DEPLOYMENT)
        if owner == deployment:
            continue
        whose = f"of deployment {owner}: deploy that without the network" if owner else "of nobody's: remove it"
        for attached in service["Spec"]["TaskTemplate"].get("Networks") or []:
            if attached["Target"] in ids:
                yield f"network {ids[attached['Target']]} is used by service {name} {whose}"
