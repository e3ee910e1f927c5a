"""Keeps what this node says in Consul's key-value store: its leases and its networks.

Apart from the registrar, because these writes need Consul's servers: while those elect a leader
or are out of reach, registrations with the local agent go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..adapters.consul import Consul
from ..adapters.containers import Containers
from ..core import leases, names
from ..core.containers import Container
from ..core.leases import Held, Step
from ..core.node_networks import docker_networks, in_use, routes
from .lease_store import LeaseStore
from .version import VERSION

log = logging.getLogger(__name__)

# Every so many whole looks all deployments are read, not only those known to have leases of this
# node: on a large cluster most leases are other nodes'.
EVERYTHING = 20


class Keeper:
    """Leases follow the containers that `seen` returns (None: not known yet, so nothing is done)."""

    def __init__(
        self,
        consul: Consul,
        containers: Containers,
        seen: Callable[[], tuple[Container, ...] | None],
        route_table: Callable[[], str],
        address: str,
        node: str = "",
    ) -> None:
        self._consul = consul
        self._containers = containers
        self._store = LeaseStore(consul)
        self._seen = seen
        self._route_table = route_table
        self._address = address
        self._node = node
        self._held: set[str] = set()  # deployments that had leases of this node
        self._looks = 0

    @property
    def node(self) -> str:
        """This node's name; its Consul agent's where none was given."""
        self._node = self._node or self._consul.node_name()
        return self._node

    def look(self, whole: bool = True) -> list[Step]:
        """Settle the leases; at a whole look also say which networks this node uses."""
        containers = self._seen()
        if containers is None:
            return []
        whole = whole or not self._looks
        done = self._settle(containers, everything=whole and self._looks % EVERYTHING == 0)
        if whole:
            self._looks += 1
            self._tell({container.instance.deployment for container in containers})
        return done

    def _settle(self, containers: tuple[Container, ...], everything: bool) -> list[Step]:
        node = self.node
        want = leases.wanted(containers, node)
        wanting = {leases.deployment_of(key) for key in want}
        prefixes = {names.leases_prefix(deployment) for deployment in wanting | self._held}

        def plan(have: dict[str, Held]) -> list[Step]:
            # Kept before the deletions: a deployment is looked at once more after its last lease.
            self._held = wanting | {
                leases.deployment_of(key)
                for key, (value, _) in have.items()
                if leases.is_lease(key) and value.get("node") == node
            }
            return leases.plan(want, have, node)

        return self._store.settle([names.DEPLOYMENTS_PREFIX] if everything else prefixes, plan)

    def _tell(self, deployments: set[str]) -> None:
        used = [*routes(self._route_table()), *docker_networks(self._containers.networks(), deployments)]
        networks = in_use(used)
        value = {"node": self.node, "address": self._address, "networks": networks, "agent": VERSION}
        key = names.node_key(self.node)
        if self._consul.get(key).value != value:
            self._consul.put(key, value)
            log.info("write %s: %s", key, ", ".join(f"{name} {cidr}" for name, cidr in networks.items()))
