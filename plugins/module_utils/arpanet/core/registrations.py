"""Which registrations a node's Consul agent should have, and the steps that lead there.

Each instance is registered twice (docs/architecture.md, "Names on the wire"):
`1.pricing.abc` for users of the API and `1.pricing.abc.dns`, which DNS reads. On each further
network of its deployment it has one more for DNS, with its address there: `1.pricing.abc.back.dns`
of the service `abc--back`, which containers on that network search.

**Check or no check.** An instance that serves is registered without a check, one that does not
with a check that is critical. So what runs stays in DNS while nobody looks after it: there is no
time to live that expires when this node's agent is stopped or upgraded, and no check whose state
Consul forgets when it restarts. A node that dies takes its instances along through its own
`serfHealth`. The one check that is ever written can only be critical, so it cannot age into a lie.

**Two containers of one instance.** A start-first update may run the old and the new container of
`1.pricing.abc` on one node at once, and both serve. The plain ID belongs to the newest one that
serves (when none does, to the newest). Any other has its short container id appended, as in
`1.pricing.abc.4f0a1b2c3d4e`, under the same name and tags: DNS answers both.

**Order.** What is gone leaves DNS first. Then everything is registered, new IDs before changed
ones, and only then are IDs dropped that a running container no longer uses: a container that
changes its ID is never without one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from . import names
from .containers import Container

SHORT_ID = 12  # what `docker ps` shows of a container's id


@dataclass(frozen=True)
class Registration:
    """A service of a Consul agent. An empty `address` means the node's own.

    `trouble` is empty for a service without a check, which counts as passing, else the reason
    for which its check is critical.
    """

    id: str
    name: str
    address: str = ""
    port: int = 0
    tags: tuple[str, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()
    trouble: str = ""

    @property
    def container(self) -> str:
        """The container that a node's agent made it for; empty for everybody else's."""
        meta = dict(self.meta)
        return meta.get(names.META_CONTAINER, "") if names.META_DEPLOYMENT in meta else ""


@dataclass(frozen=True)
class Register:
    """Write a registration, whether its ID exists or not."""

    registration: Registration

    def __str__(self) -> str:
        it = self.registration
        where, state = it.address or "the node", it.trouble or "passing"
        return f"register {it.id} at {where}: {state} (container {it.container[:SHORT_ID]})"


@dataclass(frozen=True)
class Deregister:
    """Remove a registration."""

    registration: Registration

    def __str__(self) -> str:
        return f"deregister {self.registration.id} (container {self.registration.container[:SHORT_ID]})"


Step = Register | Deregister
Registrations = Mapping[str, Registration]  # by ID


def ours(registered: Iterable[Registration]) -> dict[str, Registration]:
    """Those that a node's agent made, by ID. Nothing else is ever touched."""
    return {one.id: one for one in registered if one.container}


def wanted(containers: Iterable[Container]) -> dict[str, Registration]:
    """The registrations of these containers, by ID."""
    found: dict[str, Registration] = {}
    # The best claim on the plain ID comes last and takes it.
    claims = sorted((one for one in containers if one.address is not None), key=_claim)
    holders = {container.instance.id: container.id for container in claims}
    for container in claims:
        suffix = "" if holders[container.instance.id] == container.id else f".{container.id[:SHORT_ID]}"
        for registration in _forms(container, suffix):
            found[registration.id] = registration
    return found


def plan(want: Registrations, have: Registrations, running: Collection[str]) -> list[Step]:
    """Steps from `have` (only ours) to `want`, in the order in which they are safe.

    `running` are the ids of the containers that are still there, served or not.
    """
    unwanted = [one for one in have.values() if one.id not in want]
    gone = [one for one in unwanted if one.container not in running]
    moved = [one for one in unwanted if one.container in running]
    changed = [one for one in want.values() if one != have.get(one.id)]
    return [
        *map(Deregister, sorted(gone, key=_dns_first)),
        *map(Register, sorted(changed, key=lambda one: (one.id in have, *_dns_first(one)))),
        *map(Deregister, sorted(moved, key=_dns_first)),
    ]


def without(containers: Collection[str], have: Registrations) -> list[Step]:
    """Steps that take these containers, known to be gone, out of `have`."""
    gone = [one for one in have.values() if one.container in containers]
    return [*map(Deregister, sorted(gone, key=_dns_first))]


def _claim(container: Container) -> tuple[bool, int, str]:
    return not container.trouble, *container.age_order


def _dns_first(registration: Registration) -> tuple[bool, str]:
    """Resolving is what others wait for; the API's form may come a moment later."""
    return not registration.id.endswith(".dns"), registration.id


def _forms(container: Container, suffix: str) -> list[Registration]:
    instance = container.instance
    label = names.dns_label(instance.service)
    meta = (
        (names.META_CONTAINER, container.id),
        (names.META_DEPLOYMENT, instance.deployment),
        (names.META_SERVICE, instance.service),
    )
    # A tag may have an underscore or a dot, and clients ask for a service as its file calls it.
    tags = {label, instance.service.lower(), f"{instance.number}.{label}", *container.aliases}
    plain = Registration(
        id=f"{instance.id}{suffix}",
        name=instance.service_name,
        address=container.address or "",
        port=container.port,
        meta=meta,
        trouble=container.trouble,
    )
    dns = replace(plain, id=f"{plain.id}.dns", name=instance.deployment, tags=tuple(sorted(tags)))
    prefix = names.swarm_name(instance.deployment, "")
    others = [
        replace(dns, id=f"{plain.id}.{network}.dns", name=name, address=address)
        for network, address in ((name.removeprefix(prefix), address) for name, address in container.leased)
        for name in [names.dns_service(instance.deployment, network)]
        if name != dns.name
    ]
    return [plain, dns, *others]
