"""What a Consul agent itself keeps: the services of its node, and their health."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import consul as pyconsul
from consul.callback import CB

from ..core.registrations import Registration
from .consul_connection import Connection

_UNKNOWN_CHECK = re.compile(r"unknown check|does not have associated TTL", re.IGNORECASE)


class LocalAgent(Connection):
    """The asked agent and its own services."""

    # The token that the service which beats was registered with.
    _beating = ""

    def node_name(self) -> str:
        """What this agent calls its node."""
        with self.asking("asking for the agent's own name"):
            return str(self.api.agent.self()["Config"]["NodeName"])

    def registrations(self) -> Sequence[Registration]:
        """All services registered with this agent, its own and everybody's."""
        with self.asking("listing the agent's services"):
            services, checks = self.api.agent.services(), self.api.agent.checks()
        trouble = {
            check["ServiceID"]: check.get("Notes") or check["Status"]
            for check in checks.values()
            if check["ServiceID"] and check["Status"] == "critical"
        }
        return [as_registration(item, trouble.get(item["ID"], "")) for item in services.values()]

    def register(self, registration: Registration, checks: Sequence[dict[str, Any]] = ()) -> None:
        """Write a service of this agent, together with its checks and their state, in one request.

        Checks that it had and that are not given go. Without `checks`, `trouble` makes one that is
        critical from the start and never changes by itself.
        """
        checks = [*checks] or _trouble_check(registration)
        with self.asking(f"registering {registration.id}"):
            self.api.agent.service.register(
                registration.name,
                service_id=registration.id,
                address=registration.address,
                port=registration.port,
                tags=[*registration.tags],
                meta=dict(registration.meta),
                check=checks[0] if checks else None,
                extra_checks=[*checks[1:]],
                replace_existing_checks=True,
            )

    def deregister(self, service_id: str) -> None:
        """Remove a service of this agent; an absent one is fine."""
        with self.asking(f"deregistering {service_id}"):
            try:
                self.api.agent.service.deregister(service_id)
            except pyconsul.ConsulException as error:
                # Older agents answer 500 and newer ones 404, all with these words.
                if "unknown service" not in str(error).lower():
                    raise

    def beat(self, service: str, seconds: int, trouble: str = "") -> None:
        """Say that a service of this agent lives, which holds for `seconds`; with `trouble`, that it does not.

        The service is registered, unless the agent knows it already.
        """
        check = self.api.agent.check
        tell = check.ttl_fail if trouble else check.ttl_pass
        credential = self.credential

        def register() -> None:
            status = "critical" if trouble else "passing"
            self.api.agent.service.register(
                service,
                service_id=service,
                check={"name": f"{service} reports", "ttl": f"{seconds}s", "status": status},
            )
            self._beating = credential

        with self.asking(f"reporting {service}"):
            # Consul's agent speaks of a service with the token that registered it.
            if credential != self._beating:
                register()
            try:
                # Also after that: a check that was there keeps its state and its words.
                tell(f"service:{service}", notes=trouble)
            except pyconsul.ConsulException as error:
                # Older agents answer 500 and newer ones 404.
                if not _UNKNOWN_CHECK.search(str(error)):
                    raise
                register()
                tell(f"service:{service}", notes=trouble)

    def leave(self) -> None:
        """Let this agent leave its cluster, a server its raft as well, and end."""
        with self.asking("leaving the cluster"):
            self.api.http.put(CB.boolean(), "/v1/agent/leave")


def as_registration(item: dict[str, Any], trouble: str) -> Registration:
    return Registration(
        id=item["ID"],
        name=item["Service"],
        address=item["Address"],
        port=item["Port"],
        tags=tuple(item["Tags"] or ()),
        meta=tuple(sorted((item.get("Meta") or {}).items())),
        trouble=trouble,
    )


def _trouble_check(registration: Registration) -> list[dict[str, Any]]:
    if not registration.trouble:
        return []
    # Nobody ever reports to it, so it stays as it is; its time to live only satisfies the form.
    return [{"name": "Docker", "notes": registration.trouble, "ttl": "24h", "status": "critical"}]
