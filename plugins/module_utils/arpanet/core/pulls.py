"""Images that nodes pull before they are needed.

A deployment announces its images with the constraints of the services that run them, and each
node's agent pulls those that the node may have to run: an instance that moves there starts at once,
and an update that stops the old instance first does so when the new image is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .constraints import meets
from .spec import Spec
from .tags import Record

# What a node's agent says of an image; any other word is why it has none.
THERE, PULLING = "there", "pulling"

# image with its digest -> for each service that runs it, its constraints
Announced = dict[str, list[list[str]]]


def announced(services: Mapping[str, Spec]) -> Announced:
    """What a deployment of these specifications tells the nodes.

    An image without a digest is left out: only the node that runs it can say what it is.
    """
    found: Announced = {}
    for _, spec in sorted(services.items()):
        image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
        constraints = (spec["TaskTemplate"].get("Placement") or {}).get("Constraints") or []
        if "@" in image and constraints not in found.setdefault(image, []):
            found[image].append(constraints)
    return {image: found[image] for image in sorted(found) if found[image]}


def wanted(values: Iterable[Mapping[str, Any]], node: Spec) -> list[str]:
    """The images that a node may have to run, of all deployments' announcements."""
    return sorted({image for value in values for image, users in value.items() if _may_run(users, node)})


def node_of(info: Mapping[str, Any], seen: Record) -> Spec:
    """A node as `meets` reads it, from what its own Engine and the swarm's leader say.

    :param info: as `docker info` shows it.
    """
    swarm = info.get("Swarm") or {}
    labels = (str(label).partition("=") for label in info.get("Labels") or [])
    return {
        "ID": str(swarm.get("NodeID") or ""),
        "Spec": {"Role": "manager" if swarm.get("ControlAvailable") else "worker", "Labels": dict(seen.labels)},
        "Status": {"Addr": str(swarm.get("NodeAddr") or "")},
        "Description": {
            "Hostname": str(info.get("Name") or ""),
            "Platform": {"OS": info.get("OSType"), "Architecture": info.get("Architecture")},
            "Engine": {"Labels": {key: value for key, _, value in labels}},
        },
    }


def by_digest(image: str) -> tuple[str, str]:
    """The repository and the digest of `redis:7@sha256:…`: with a digest, a tag says nothing."""
    name, _, digest = image.partition("@")
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}", digest


def _may_run(users: Any, node: Spec) -> bool:
    try:
        return any(all(meets(constraint, node) for constraint in constraints) for constraints in users)
    except TypeError:
        # Somebody else's, or a later version's.
        return False
