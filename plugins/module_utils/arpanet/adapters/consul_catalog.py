"""Consul's catalog: the services and nodes of the whole cluster, and who is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consul.callback import CB

from ..core.registrations import Registration
from .consul_agent import as_registration
from .consul_connection import Connection


class Catalog(Connection):
    """Services and nodes by name."""

    def healthy(self, service: str, tag: str | None = None) -> Sequence[dict[str, Any]]:
        """Instances of a service that pass all checks, as DNS would answer:
        [{"id", "address", "port", "node", "tags", "meta"}]."""
        with self.asking(f"asking for healthy instances of {service}"):
            _, found = self.api.health.service(service, passing=True, tag=tag)
        return [_instance(item) for item in found]

    def instances(self, service: str) -> Sequence[dict[str, Any]]:
        """Instances of a service whether they pass or not, as far as the asked server has heard:
        as `healthy`, with "passing" and "trouble" (what the first failing check says)."""
        with self.asking(f"asking for the instances of {service}"):
            # The library's own call asks the leader.
            found = self.api.http.get(CB.json(), f"/v1/health/service/{service}", params=[("stale", "1")])
        instances = []
        for item in found:
            failing = [check for check in item["Checks"] if check["Status"] != "passing"]
            trouble = (failing[0]["Output"] or failing[0]["Notes"] or failing[0]["Name"]).strip() if failing else ""
            instances.append({**_instance(item), "passing": not failing, "trouble": trouble})
        return instances

    def nodes(self) -> dict[str, bool]:
        """Every node of the catalog, and whether its agent is alive (a node without one counts so)."""
        with self.asking("listing nodes"):
            _, known = self.api.catalog.nodes(consistency="consistent")
            _, critical = self.api.health.state("critical")
        dead = {check["Node"] for check in critical if check["CheckID"] == "serfHealth"}
        return {node["Node"]: node["Node"] not in dead for node in known}

    def has_agent(self, node: str) -> bool:
        """Does a Consul agent look after this node's services? It drops what others register there."""
        with self.asking(f"asking for the checks of node {node}"):
            _, checks = self.api.health.node(node)
        return any(check["CheckID"] == "serfHealth" for check in checks)

    def external(self, node: str) -> tuple[str, dict[str, Registration]] | None:
        """Address and services (by ID) of a node in the catalog; None when there is no such node."""
        with self.asking(f"asking for node {node}"):
            _, found = self.api.catalog.node(node)
        # Consul takes a name that no node has for the beginning of a node's id, as "db" may well be.
        if not found or found["Node"]["Node"].casefold() != node.casefold():
            return None
        services = {key: as_registration(item, "") for key, item in (found.get("Services") or {}).items()}
        return str(found["Node"]["Address"]), services

    def register_external(self, node: str, address: str, registration: Registration) -> None:
        """Write a service of a node that has no agent; the node appears with its first service."""
        service = {
            "ID": registration.id,
            "Service": registration.name,
            "Address": registration.address,
            "Port": registration.port,
            "Tags": [*registration.tags],
            "Meta": dict(registration.meta),
        }
        with self.asking(f"registering {registration.id} on node {node}"):
            self.api.catalog.register(node, address, service=service)

    def deregister_external(self, node: str, service_id: str | None = None) -> None:
        """Remove a service of a node that has no agent, or the whole node."""
        with self.asking(f"deregistering {service_id or 'everything'} on node {node}"):
            self.api.catalog.deregister(node, service_id=service_id)


class Cluster(Connection):
    """Who belongs to the cluster, as the asked server knows it: the questions need no leader and no majority."""

    def leader(self) -> str:
        """Address and port of the leader's raft; empty when there is none."""
        with self.asking("asking for the leader"):
            return str(self.api.status.leader())

    def members(self) -> Sequence[dict[str, Any]]:
        """Members of the gossip: [{"Name", "Addr", "Status", "Tags", ...}]."""
        with self.asking("listing members"):
            return [*self.api.agent.members()]

    def voters(self) -> dict[str, str]:
        """Ids of the servers that vote in the raft, and their names: those of dead ones may all be `(unknown)`."""
        with self.asking("listing the raft's servers"):
            found = self.api.http.get(CB.json(), "/v1/operator/raft/configuration", params=[("stale", "1")])
        return {server["ID"]: server["Node"] for server in found["Servers"] if server["Voter"]}

    def servers_at(self, address: str) -> list[str]:
        """Ids of the raft's servers at this address, alive or not, servers still or not."""
        with self.asking("listing the raft's servers"):
            found = self.api.http.get(CB.json(), "/v1/operator/raft/configuration")
        return [server["ID"] for server in found["Servers"] if server["Address"].rpartition(":")[0] == address]

    def force_leave(self, node: str) -> None:
        """Give up a member that is gone, so that nobody waits for it; an unknown one is fine."""
        with self.asking(f"removing member {node}"):
            self.api.http.put(CB.boolean(), f"/v1/agent/force-leave/{node}", params=[("prune", "1")])

    def remove_voter(self, raft_id: str) -> None:
        """Take a server that is gone out of the raft."""
        with self.asking(f"removing server {raft_id} from the raft"):
            self.api.http.delete(CB.boolean(), "/v1/operator/raft/peer", params=[("id", raft_id)])


def _instance(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["Service"]["ID"],
        "address": item["Service"]["Address"] or item["Node"]["Address"],
        "port": item["Service"]["Port"],
        "node": item["Node"]["Node"],
        "tags": item["Service"]["Tags"] or [],
        "meta": item["Service"].get("Meta") or {},
    }
