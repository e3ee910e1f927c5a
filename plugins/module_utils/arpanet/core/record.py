"""A deployment's record in Consul: what `status`, `scale` and the next deploy read of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from .drivers import OVERLAY
from .services import replicas
from .spec import Spec


@dataclass(frozen=True)
class Record:
    """What is remembered of a deployment.

    `services` maps each service to its replicas (None: one on every node); `stated` names those
    whose number the file gives; `scaled` holds what `scale` asked for last.
    """

    deployment: str
    stack: str = ""
    driver: str = OVERLAY
    networks: dict[str, str] = field(default_factory=dict)
    services: dict[str, int | None] = field(default_factory=dict)
    stated: tuple[str, ...] = ()
    scaled: dict[str, int] = field(default_factory=dict)
    revision: int = 0

    def as_value(self) -> dict[str, Any]:
        """The JSON object for Consul."""
        return {**asdict(self), "stated": list(self.stated)}


def parse(value: dict[str, Any], deployment: str) -> Record:
    """A record from Consul's JSON; an empty one when there is none."""
    known = {key: value[key] for key in Record.__dataclass_fields__ if key in value}
    return Record(**{**known, "deployment": deployment, "stated": tuple(value.get("stated", ()))})


def of_model(before: Record, model: Spec, stack: str, networks: dict[str, str], driver: str) -> Record:
    """The record after deploying this model; the revision is the one before."""
    services: dict[str, int | None] = {}
    stated = []
    for name, service in model["services"].items():
        deploy = service.get("deploy") or {}
        everywhere = deploy.get("mode") in ("global", "global-job")
        services[name] = None if everywhere else replicas(name, service, before.scaled)
        if "replicas" in deploy or "scale" in service:
            stated.append(name)
    scaled = {name: count for name, count in before.scaled.items() if name in services and name not in stated}
    return Record(
        deployment=before.deployment,
        stack=stack,
        driver=driver,
        networks=dict(networks),
        services=services,
        stated=tuple(sorted(stated)),
        scaled=scaled,
        revision=before.revision,
    )
