from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_services import (
    ExternalServices,
    OwnServices,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_services import ServiceError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration

LEDGER = Registration("ledger", "ledger", address="10.0.8.20")


class Catalog:
    """What Consul's catalog knows of nodes without an agent."""

    def __init__(self) -> None:
        self.nodes: dict[str, tuple[str, dict[str, Registration]]] = {}
        self.with_agent = {"node1"}
        self.own: dict[str, Registration] = {}
        self.checks: Any = None

    def has_agent(self, node: str) -> bool:
        return node in self.with_agent

    def external(self, node: str) -> tuple[str, dict[str, Registration]] | None:
        return self.nodes.get(node)

    def register_external(self, node: str, address: str, service: Registration) -> None:
        _, services = self.nodes.get(node, ("", {}))
        self.nodes[node] = (address, {**services, service.id: service})

    def deregister_external(self, node: str, service_id: str | None = None) -> None:
        if service_id is None:
            del self.nodes[node]
        else:
            self.nodes[node][1].pop(service_id, None)

    def registrations(self) -> list[Registration]:
        return [*self.own.values()]

    def register(self, service: Registration, checks: Any) -> None:
        self.own[service.id] = service
        self.checks = checks

    def deregister(self, service_id: str) -> None:
        self.own.pop(service_id)


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


def test_own_services(catalog: Catalog) -> None:
    own = OwnServices(catalog)
    assert own.read("ledger") is None
    own.write(LEDGER, [{"ttl": "5s"}])
    assert own.read("ledger") == LEDGER
    assert catalog.checks == [{"ttl": "5s"}]
    own.remove("ledger")
    assert own.read("ledger") is None


def test_an_external_node_lives_as_long_as_it_has_services(catalog: Catalog) -> None:
    external = ExternalServices(catalog, "db")
    assert external.read("ledger") is None
    external.write(LEDGER, [])
    external.write(Registration("journal", "journal", address="10.0.8.21"), [])
    assert external.read("ledger") == LEDGER
    # The node keeps the address that it came with.
    assert catalog.nodes["db"][0] == "10.0.8.20"
    external.remove("ledger")
    assert external.read("journal") is not None
    external.remove("journal")
    assert catalog.nodes == {}


def test_a_node_with_an_agent_is_no_external_one(catalog: Catalog) -> None:
    with pytest.raises(ServiceError, match="node node1 has a Consul agent"):
        ExternalServices(catalog, "node1")


def test_nobody_runs_checks_of_external_services(catalog: Catalog) -> None:
    with pytest.raises(ServiceError, match="no agent would run its checks"):
        ExternalServices(catalog, "db").write(LEDGER, [{"ttl": "5s"}])
