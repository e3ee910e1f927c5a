"""Where a user's service is registered: with an agent, or on a node that exists only in the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.consul_services import ServiceError
from ..core.registrations import Registration
from .consul import Consul


class OwnServices:
    """The services of the agent that is asked."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul

    def read(self, service_id: str) -> Registration | None:
        """The service with this id, if there is one."""
        return next((one for one in self._consul.registrations() if one.id == service_id), None)

    def write(self, service: Registration, checks: Sequence[dict[str, Any]]) -> None:
        """Register it, in place of the one with its id."""
        self._consul.register(service, checks)

    def remove(self, service_id: str) -> None:
        """Deregister it."""
        self._consul.deregister(service_id)


class ExternalServices:
    """The services of a node without an agent."""

    def __init__(self, consul: Consul, node: str) -> None:
        self._consul = consul
        self._node = node
        if consul.has_agent(node):
            raise ServiceError(
                f"node {node} has a Consul agent, which would remove an external service again: "
                "register the service there, without `node`, or choose another name for the external node"
            )

    def read(self, service_id: str) -> Registration | None:
        """The service with this id, if there is one."""
        _, services = self._consul.external(self._node) or ("", {})
        return services.get(service_id)

    def write(self, service: Registration, checks: Sequence[dict[str, Any]]) -> None:
        """Register it, in place of the one with its id; the node too if this is its first."""
        if checks:
            raise ServiceError(f"service {service.id} on node {self._node}: no agent would run its checks")
        there = self._consul.external(self._node)
        self._consul.register_external(self._node, there[0] if there else service.address, service)

    def remove(self, service_id: str) -> None:
        """Deregister it; the node too if this was its last."""
        self._consul.deregister_external(self._node, service_id)
        there = self._consul.external(self._node)
        if there is not None and not there[1]:
            self._consul.deregister_external(self._node)
