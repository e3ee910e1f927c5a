"""Which leases a node should hold, and the steps that lead there.

A lease records that an address belongs to an instance. It allocates nothing: addresses are
Swarm's to give, so a lease that is lost or late never lets two containers have one address.
That is also why the leader may drop the leases of a dead node: Swarm gives the address again
only when the old task is shut down, and a node that comes back writes its leases again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import names
from .containers import Container

Value = dict[str, Any]
# What Consul holds under a key, with the index that a check-and-set has to name.
Held = tuple[Value, int]


@dataclass(frozen=True)
class Step:
    """Write a lease (a `value`) or delete it (None), if the key is still as it was at `index`."""

    key: str
    value: Value | None
    index: int
    before: Value

    def __str__(self) -> str:
        what, value = ("lease", self.value) if self.value is not None else ("release", self.before)
        return f"{what} {self.key.rsplit('/', 1)[-1]} of {value.get('instance')} on {value.get('network')}"


def wanted(containers: Iterable[Container], node: str) -> dict[str, Value]:
    """The leases of these containers of this node: one for each address, by key."""
    found: dict[str, Value] = {}
    # Two containers with one address would be a fault of Docker's; the newest is right then.
    for container in sorted(containers, key=lambda one: one.age_order):
        instance = container.instance
        for network, address in container.leased:
            found[names.lease_key(instance.deployment, address)] = {
                "deployment": instance.deployment,
                "service": instance.service,
                "instance": instance.id,
                "container": container.id,
                "node": node,
                "network": network,
            }
    return found


def plan(want: Mapping[str, Value], have: Mapping[str, Held], node: str) -> list[Step]:
    """Steps that write this node's leases and drop those whose container is gone.

    A lease of another node is overwritten when a container here has its address (it is Swarm's
    to give, so the other's container is gone), and is never deleted.
    """
    steps = [
        Step(key, None, index, value)
        for key, (value, index) in have.items()
        if is_lease(key) and value.get("node") == node and key not in want
    ]
    for key, value in want.items():
        before, index = have.get(key, ({}, 0))
        # An explicit address (core/addresses.py) is its owner's, whichever container has it now.
        if before != value and not before.get("owner"):
            steps.append(Step(key, value, index, before))
    return sorted(steps, key=lambda step: step.key)


def of_dead_nodes(have: Mapping[str, Held], dead: Collection[str]) -> list[Step]:
    """Steps that drop the leases of nodes that are dead."""
    return [
        Step(key, None, index, value)
        for key, (value, index) in sorted(have.items())
        if is_lease(key) and value.get("node") in dead
    ]


def holders(have: Mapping[str, Held]) -> set[str]:
    """The nodes that hold leases."""
    return {str(value["node"]) for key, (value, _) in have.items() if is_lease(key) and value.get("node")}


def is_lease(key: str) -> bool:
    """Tells `arpanet/deployments/abc/leases/10.32.0.5` from a deployment's other keys."""
    parts = key.removeprefix(names.DEPLOYMENTS_PREFIX).split("/")
    return key.startswith(names.DEPLOYMENTS_PREFIX) and len(parts) == 3 and parts[1] == "leases"


def deployment_of(key: str) -> str:
    """The deployment that a lease's key belongs to."""
    return key.removeprefix(names.DEPLOYMENTS_PREFIX).split("/", 1)[0]
