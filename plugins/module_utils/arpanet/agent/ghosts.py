"""Instances that Consul's catalog has on this node, and Consul's own agent here has not.

A node that was set up anew under its old name leaves them behind: Consul's agent wants to remove what it does not know,
but with the token of those who ask without one, which may change nothing (so it is before 1.10).
"""

from __future__ import annotations

import logging

from ..adapters.consul import Consul
from ..core.registrations import ours

log = logging.getLogger(__name__)


class Ghosts:
    """One look finds them and takes them away."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul
        self._node = ""

    def look(self) -> None:
        """Compare the catalog with the agent. :raises ConsulError: one of them does not answer."""
        self._node = self._node or self._consul.node_name()
        found = self._consul.external(self._node)
        # Asked second: what was registered meanwhile is known here first.
        known = {one.id for one in self._consul.registrations()}
        for service_id in sorted(ours(found[1].values()).keys() - known if found else ()):
            self._consul.deregister_external(self._node, service_id)
            log.info("deregister %s, which nobody here knows", service_id)
