"""What one agent does for the whole cluster: among the managers, the one with Consul's lock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from ..adapters.consul import Consul
from ..adapters.containers import Containers
from ..core import leases, names
from ..core.leases import Held, Step
from .lease_store import LeaseStore

log = logging.getLogger(__name__)

_SHORTEST_TTL, _LONGEST_TTL = 10, 86400  # Consul's limits, in seconds


class Leader:
    """Holds `arpanet/leader` while it can and removes the leases of dead nodes.

    The lock ends with this node (Consul's serfHealth), or two to four intervals after this agent
    did. Should two agents believe for a moment that they lead, no harm is done: a lease is deleted
    only as it was read.
    """

    def __init__(
        self,
        consul: Consul,
        containers: Containers,
        node: Callable[[], str],
        interval: float,
        failed: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._consul = consul
        self._containers = containers
        self._store = LeaseStore(consul)
        self._node = node
        self._failed = failed
        self._ttl = min(max(_SHORTEST_TTL, round(2 * interval)), _LONGEST_TTL)
        self._session = ""
        self._leads = False
        self._suspects: set[str] = set()

    def look(self, whole: bool = True) -> list[Step]:
        """Take or keep the lock; with it, clean up. A node counts as dead when Consul and the gossip agree,
        else at the second whole look that finds it so: a Consul agent that restarts is away for a moment."""
        if not self._has_lock():
            self._suspects = set()
            return []
        nodes = self._consul.nodes()
        sure = {*self._failed(), *(self._suspects if whole else ())}
        dead: set[str] = set()

        def plan(have: dict[str, Held]) -> list[Step]:
            dead.update(node for node in leases.holders(have) if not nodes.get(node, False))
            return leases.of_dead_nodes(have, dead & sure)

        done = self._store.settle([names.DEPLOYMENTS_PREFIX], plan)
        if whole:
            self._suspects = dead
        return done

    def _has_lock(self) -> bool:
        leads = self._containers.is_manager() and self._lock()
        if leads != self._leads:
            log.info("%s %s", "hold" if leads else "do not hold", names.LEADER_KEY)
        self._leads = leads
        return leads

    def _lock(self) -> bool:
        if not self._session or not self._consul.renew_session(self._session):
            self._session = self._consul.open_session("arpanet agent", self._ttl)
        return self._consul.lock(names.LEADER_KEY, {"node": self._node()}, self._session)
