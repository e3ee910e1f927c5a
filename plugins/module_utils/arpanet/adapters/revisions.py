"""Revisions of a deployment: what to go back to.

Consul holds what a revision was (number, time, images, replicas), the Engine holds its
specifications, in a Swarm config: environments can hold what nobody but the Engine should know,
and the Engine knows it already.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..core import names
from ..core.record import Record, parse
from ..core.spec import Spec
from ..core.stack import Desired
from .consul import Consul
from .engine import Engine

KEPT = 10


class NoRevision(Exception):
    """There is no such revision; the message lists those there are."""


@dataclass(frozen=True)
class Revision:
    """A revision as it was deployed."""

    record: Record
    services: dict[str, Spec]
    networks: dict[str, Spec]

    @property
    def files(self) -> frozenset[str]:
        """Names of the secrets and configs that its services use."""
        return files_of(self.services)


def files_of(services: dict[str, Spec]) -> frozenset[str]:
    """Names of the secrets and configs that these specifications refer to."""
    containers = [spec["TaskTemplate"]["ContainerSpec"] for spec in services.values()]
    return frozenset(
        reference[f"{kind}Name"]
        for container in containers
        for kind in ("Secret", "Config")
        for reference in container.get(f"{kind}s") or []
    )


def save(engine: Engine, consul: Consul, record: Record, wanted: Desired) -> None:
    """Keep what was deployed as revision `record.revision`, and drop the eleventh."""
    body = {"record": record.as_value(), "services": wanted.services, "networks": wanted.networks}
    packed = base64.b64encode(gzip.compress(json.dumps(body, sort_keys=True).encode(), mtime=0)).decode()
    number = record.revision
    engine.create_config(
        {
            "Name": _config(record.deployment, number),
            "Labels": {names.LABEL_DEPLOYMENT: record.deployment, names.LABEL_REVISION: str(number)},
            "Data": packed,
        }
    )
    consul.put(
        names.revision_key(record.deployment, number),
        {
            "revision": number,
            "deployed": datetime.now(UTC).isoformat(timespec="seconds"),
            "stack": record.stack,
            "networks": record.networks,
            "services": {
                spec["Labels"][names.LABEL_SERVICE]: {
                    "image": spec["TaskTemplate"]["ContainerSpec"]["Image"],
                    "replicas": record.services.get(spec["Labels"][names.LABEL_SERVICE]),
                }
                for spec in wanted.services.values()
            },
        },
    )
    for old in known(consul, record.deployment)[:-KEPT]:
        engine.remove("config", _config(record.deployment, old))
        consul.delete(names.revision_key(record.deployment, old))


def known(consul: Consul, deployment: str) -> list[int]:
    """Numbers of the revisions that are kept, oldest first."""
    prefix = names.revisions_prefix(deployment)
    return sorted(int(key[len(prefix) :]) for key in consul.list(prefix))


def load(engine: Engine, consul: Consul, deployment: str, number: int) -> Revision:
    """A kept revision; NoRevision when it is not kept (any more)."""
    numbers = known(consul, deployment)
    if number not in numbers:
        there = ", ".join(map(str, numbers)) or "none"
        raise NoRevision(f"revision {number} is not kept; there are {there}")
    data = engine.config_data(_config(deployment, number))
    if data is None:
        raise NoRevision(f"the Swarm config {_config(deployment, number)} is gone: deploy from the stack's file")
    body: dict[str, Any] = json.loads(gzip.decompress(data))
    return Revision(parse(body["record"], deployment), body["services"], body["networks"])


def _config(deployment: str, number: int) -> str:
    return f"{deployment}_revision_{number}"
