"""Another number of instances: which services of a deployment can have one."""

from __future__ import annotations

from collections.abc import Mapping

from . import names
from .spec import Spec


class NotScalable(ValueError):
    """A service cannot have so many instances; the message says which, and why."""


def scaled(deployment: str, services: Mapping[str, Spec], counts: Mapping[str, int]) -> dict[str, Spec]:
    """The specifications of a deployment with so many instances of some services.

    :param services: by their names in Swarm.
    :param counts: by their names in the stack.
    :raises NotScalable: one of them is not there, or cannot have that number.
    """
    found = dict(services)
    for name, count in counts.items():
        full = names.swarm_name(deployment, name)
        if full not in services:
            known = ", ".join(sorted(spec["Labels"][names.LABEL_SERVICE] for spec in services.values()))
            raise NotScalable(
                f"there is no service {name!r}; it has {known}" if known else "it does not run here: see status.yml"
            )
        found[full] = _with(services[full], name, count)
    return found


def _with(spec: Spec, name: str, count: int) -> Spec:
    if count < 0:
        raise NotScalable(f"service {name}: {count} is no number of instances")
    if "Replicated" not in spec["Mode"]:
        (mode,) = spec["Mode"]
        what = "runs once on every node" if mode == "Global" else "is a job, which runs to its end"
        raise NotScalable(f"service {name} {what}: it cannot be scaled")
    if count > 1 and names.LABEL_ADDRESSES in (spec["TaskTemplate"]["ContainerSpec"].get("Labels") or {}):
        raise NotScalable(f"service {name} has an explicit address (ipv4_address): it can have one instance")
    return {**spec, "Mode": {"Replicated": {"Replicas": count}}}
