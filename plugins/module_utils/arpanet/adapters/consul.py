"""Consul: key-value store, transactions, services, health, sessions and locks.

Thin over py-consul. Values of keys are JSON objects. Every failure is a ConsulError that says
what was tried, where and why.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import consul as pyconsul
import requests
from consul.callback import CB
from consul.exceptions import ACLPermissionDenied, ClientError
from requests.structures import CaseInsensitiveDict

from ..core.registrations import Registration
from .consul_line import ConsulError, Line, given, in_file

__all__ = ["ABSENT", "DEFAULT_URL", "Consul", "ConsulError", "Entry", "Op", "Value"]

DEFAULT_URL = "http://127.0.0.1:8500"

_UNKNOWN_CHECK = re.compile(r"unknown check|does not have associated TTL", re.IGNORECASE)

Value = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A key's value and the index that a compare-and-swap has to name."""

    value: Value
    index: int
    session: str | None = None


ABSENT = Entry({}, 0)


@dataclass(frozen=True)
class Op:
    """One step of a transaction: `set`, `delete` or only `check`, under the condition that the key's
    index is still `index` (0: the key must not exist). To delete a key that is gone succeeds."""

    verb: str
    key: str
    index: int
    value: Value = field(default_factory=dict)


class Consul:
    """One Consul agent, by its HTTP address. A token counts for more than a file that holds one."""

    def __init__(
        self, url: str = DEFAULT_URL, token: str | None = None, timeout: float = 10, token_file: str | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConsulError(f"Consul's address {url!r} is not a URL such as {DEFAULT_URL}")
        self.url = url
        self.api = pyconsul.Consul(
            host=parts.hostname,
            port=parts.port or (443 if parts.scheme == "https" else 8500),
            scheme=parts.scheme,
        )
        # One session for all requests: connections stay open between them.
        session = self.api.http.session
        # Proxies and .netrc are for the world outside; looking for them is half the cost of a request.
        session.trust_env = False
        # Between processes of one host, packing costs more than it saves.
        session.headers["Accept-Encoding"] = "identity"
        self._credential = given(token or "") if token or not token_file else in_file(token_file)
        if token:
            session.headers["X-Consul-Token"] = token
        self._beating = ""
        self._bearer = "the token that was given" if token else token_file if token_file else "no token"
        session.mount(f"{parts.scheme}://", Line(timeout, self._credential))

    @property
    def credential(self) -> str:
        """The token in use now; empty for none."""
        return self._credential()

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        try:
            yield
        except requests.RequestException as error:
            raise ConsulError(
                f"{what}: Consul at {self.url} does not answer ({type(error).__name__}). "
                "Is the consul service running there?"
            ) from error
        except pyconsul.ConsulException as error:
            asked = f" (asked with {self._bearer})" if isinstance(error, ACLPermissionDenied) else ""
            raise ConsulError(f"{what}: Consul at {self.url} said: {error}{asked}") from error

    def _transact(self, steps: list[dict[str, Any]]) -> Any:
        """As `api.txn.put`, straight to the connection: a session prepares a request for longer than
        Consul takes to answer it."""
        session = self.api.http.session
        request = requests.PreparedRequest()
        request.method, request.url = "PUT", f"{self.api.http.base_uri}/v1/txn"
        request.body = json.dumps(steps)
        request.headers = CaseInsensitiveDict(session.headers)
        request.headers["Content-Length"] = str(len(request.body))
        return CB.json()(self.api.http.response(session.get_adapter(request.url).send(request)))

    # Key-value store

    def get(self, key: str) -> Entry:
        """The key's entry; ABSENT (index 0) when there is no such key."""
        with self._asking(f"reading {key}"):
            _, found = self.api.kv.get(key, consistency="consistent")
        return _entry(found) if found else ABSENT

    def wait(self, key: str, index: int, seconds: int) -> tuple[Value, int]:
        """A key's value (empty when there is none) and the answer's index, as soon as that is another one
        or the seconds are over. This client needs a time limit beyond them."""
        with self._asking(f"following {key}"):
            now, found = self.api.kv.get(key, index=index or None, wait=f"{seconds}s")
        # An index that went back is one of another history: from the beginning, then.
        return _entry(found).value if found else {}, int(now or 0) if int(now or 0) >= index else 0

    def wait_below(self, prefix: str, index: int, seconds: int) -> tuple[dict[str, Value], int]:
        """The same of all keys below a prefix."""
        with self._asking(f"following {prefix}"):
            now, found = self.api.kv.get(prefix, recurse=True, index=index or None, wait=f"{seconds}s")
        values = {item["Key"]: _entry(item).value for item in found or []}
        return values, int(now or 0) if int(now or 0) >= index else 0

    def list(self, prefix: str) -> dict[str, Entry]:
        """All keys below a prefix with their entries."""
        with self._asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, recurse=True, consistency="consistent")
        return {item["Key"]: _entry(item) for item in found or []}

    def keys(self, prefix: str) -> Sequence[str]:
        """The names of all keys below a prefix."""
        with self._asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, keys=True, consistency="consistent")
        return [*(found or [])]

    def snapshot(self, prefixes: Iterable[str]) -> dict[str, Entry]:
        """All keys below these prefixes (at most 64) with their entries: one request, one moment.

        Read from the leader, which in the moment of its fall may not know of the latest write:
        use it where a compare-and-swap follows.
        """
        asked = [*prefixes]
        with self._asking(f"reading {', '.join(asked)}"):
            answer = self._transact([{"KV": {"Verb": "get-tree", "Key": prefix}} for prefix in asked])
        items = (result["KV"] for result in answer["Results"] or [])
        return {item["Key"]: _entry({**item, "Value": base64.b64decode(item["Value"] or "")}) for item in items}

    def put(self, key: str, value: Value) -> None:
        """Write a key whatever it holds."""
        with self._asking(f"writing {key}"):
            self.api.kv.put(key, json.dumps(value, sort_keys=True))

    def delete(self, key: str, recurse: bool = False) -> None:
        """Delete a key, or all below it; an absent one is fine."""
        with self._asking(f"deleting {key}"):
            self.api.kv.delete(key, recurse=recurse)

    def commit(self, ops: Iterable[Op]) -> bool:
        """Apply all steps or none. False when another writer changed one of the keys first.

        At most 64 steps (the limit of servers before Consul 1.13).
        """
        payload = [{"KV": _txn_op(op)} for op in ops]
        with self._asking("committing a transaction"):
            try:
                answer = self._transact(payload)
            except ClientError as error:
                # 409 is the answer to a failed check; py-consul knows no better name for it.
                if str(error).startswith("409 "):
                    return False
                raise
        return not (answer or {}).get("Errors")

    # Health

    def healthy(self, service: str, tag: str | None = None) -> Sequence[dict[str, Any]]:
        """Instances of a service that pass all checks, as DNS would answer:
        [{"id", "address", "port", "node", "tags", "meta"}]."""
        with self._asking(f"asking for healthy instances of {service}"):
            _, found = self.api.health.service(service, passing=True, tag=tag)
        return [_instance(item) for item in found]

    # The cluster, as the asked server knows it: these answers need no leader and no majority

    def leader(self) -> str:
        """Address and port of the leader's raft; empty when there is none."""
        with self._asking("asking for the leader"):
            return str(self.api.status.leader())

    def members(self) -> Sequence[dict[str, Any]]:
        """Members of the gossip: [{"Name", "Addr", "Status", "Tags", ...}]."""
        with self._asking("listing members"):
            return [*self.api.agent.members()]

    def voters(self) -> dict[str, str]:
        """Names of the servers that vote in the raft, and their ids there."""
        with self._asking("listing the raft's servers"):
            found = self.api.http.get(CB.json(), "/v1/operator/raft/configuration", params=[("stale", "1")])
        return {server["Node"]: server["ID"] for server in found["Servers"] if server["Voter"]}

    # Leaving the cluster

    def leave(self) -> None:
        """Let this agent leave its cluster, a server its raft as well, and end."""
        with self._asking("leaving the cluster"):
            self.api.http.put(CB.boolean(), "/v1/agent/leave")

    def force_leave(self, node: str) -> None:
        """Give up a member that is gone, so that nobody waits for it; an unknown one is fine."""
        with self._asking(f"removing member {node}"):
            self.api.http.put(CB.boolean(), f"/v1/agent/force-leave/{node}", params=[("prune", "1")])

    def remove_voter(self, raft_id: str) -> None:
        """Take a server that is gone out of the raft."""
        with self._asking(f"removing server {raft_id} from the raft"):
            self.api.http.delete(CB.boolean(), "/v1/operator/raft/peer", params=[("id", raft_id)])

    def known(self, prefix: str) -> dict[str, Value]:
        """Values of all keys below a prefix, as far as the asked server has heard."""
        with self._asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, recurse=True, consistency="stale")
        return {item["Key"]: _entry(item).value for item in found or []}

    def instances(self, service: str) -> Sequence[dict[str, Any]]:
        """Instances of a service whether they pass or not, as far as the asked server has heard:
        as `healthy`, with "passing" and "trouble" (what the first failing check says)."""
        with self._asking(f"asking for the instances of {service}"):
            # The library's own call asks the leader.
            found = self.api.http.get(CB.json(), f"/v1/health/service/{service}", params=[("stale", "1")])
        instances = []
        for item in found:
            failing = [check for check in item["Checks"] if check["Status"] != "passing"]
            trouble = (failing[0]["Output"] or failing[0]["Notes"] or failing[0]["Name"]).strip() if failing else ""
            instances.append({**_instance(item), "passing": not failing, "trouble": trouble})
        return instances

    # Services of this agent

    def node_name(self) -> str:
        """What this agent calls its node."""
        with self._asking("asking for the agent's own name"):
            return str(self.api.agent.self()["Config"]["NodeName"])

    def registrations(self) -> Sequence[Registration]:
        """All services registered with this agent, its own and everybody's."""
        with self._asking("listing the agent's services"):
            services, checks = self.api.agent.services(), self.api.agent.checks()
        trouble = {
            check["ServiceID"]: check.get("Notes") or check["Status"]
            for check in checks.values()
            if check["ServiceID"] and check["Status"] == "critical"
        }
        return [_registration(item, trouble.get(item["ID"], "")) for item in services.values()]

    def register(self, registration: Registration, checks: Sequence[dict[str, Any]] = ()) -> None:
        """Write a service of this agent, together with its checks and their state, in one request.

        Checks that it had and that are not given go. Without `checks`, `trouble` makes one that is
        critical from the start and never changes by itself.
        """
        checks = [*checks] or _trouble_check(registration)
        with self._asking(f"registering {registration.id}"):
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
        with self._asking(f"deregistering {service_id}"):
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

        with self._asking(f"reporting {service}"):
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

    # Services of nodes that have no agent

    def has_agent(self, node: str) -> bool:
        """Does a Consul agent look after this node's services? It drops what others register there."""
        with self._asking(f"asking for the checks of node {node}"):
            _, checks = self.api.health.node(node)
        return any(check["CheckID"] == "serfHealth" for check in checks)

    def external(self, node: str) -> tuple[str, dict[str, Registration]] | None:
        """Address and services (by ID) of a node in the catalog; None when there is no such node."""
        with self._asking(f"asking for node {node}"):
            _, found = self.api.catalog.node(node)
        if not found:
            return None
        services = {key: _registration(item, "") for key, item in (found.get("Services") or {}).items()}
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
        with self._asking(f"registering {registration.id} on node {node}"):
            self.api.catalog.register(node, address, service=service)

    def deregister_external(self, node: str, service_id: str | None = None) -> None:
        """Remove a service of a node that has no agent, or the whole node."""
        with self._asking(f"deregistering {service_id or 'everything'} on node {node}"):
            self.api.catalog.deregister(node, service_id=service_id)

    # Nodes, sessions and locks

    def nodes(self) -> dict[str, bool]:
        """Every node of the catalog, and whether its agent is alive (a node without one counts so)."""
        with self._asking("listing nodes"):
            _, known = self.api.catalog.nodes(consistency="consistent")
            _, critical = self.api.health.state("critical")
        dead = {check["Node"] for check in critical if check["CheckID"] == "serfHealth"}
        return {node["Node"]: node["Node"] not in dead for node in known}

    def open_session(self, name: str, seconds: int, ephemeral: bool = False) -> str:
        """A session that ends with this node, or when it is not renewed for `seconds` (10 or more).

        Consul may take twice as long. What it has locked is then free at once and keeps its value;
        an ephemeral one takes its keys with it.
        """
        behavior = "delete" if ephemeral else "release"
        with self._asking(f"opening session {name!r}"):
            return str(self.api.session.create(name, behavior=behavior, ttl=seconds, lock_delay=0))

    def end_session(self, session: str) -> None:
        """End a session; an ended one is fine."""
        with self._asking("ending a session"):
            self.api.session.destroy(session)

    def renew_session(self, session: str) -> bool:
        """False when the session has ended."""
        with self._asking("renewing a session"):
            try:
                return bool(self.api.session.renew(session))
            except pyconsul.NotFound:
                return False

    def lock(self, key: str, value: Value, session: str) -> bool:
        """Take a lock, or keep one that the session has; False while another session has it."""
        with self._asking(f"locking {key}"):
            return bool(self.api.kv.put(key, json.dumps(value, sort_keys=True), acquire=session))


def _registration(item: dict[str, Any], trouble: str) -> Registration:
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


def _instance(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["Service"]["ID"],
        "address": item["Service"]["Address"] or item["Node"]["Address"],
        "port": item["Service"]["Port"],
        "node": item["Node"]["Node"],
        "tags": item["Service"]["Tags"] or [],
        "meta": item["Service"].get("Meta") or {},
    }


def _entry(item: dict[str, Any]) -> Entry:
    raw = item["Value"] or b"{}"
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ConsulError(f"key {item['Key']} does not hold JSON: somebody else wrote it") from error
    return Entry(value, item["ModifyIndex"], item.get("Session"))


def _txn_op(op: Op) -> dict[str, Any]:
    step: dict[str, Any] = {"Key": op.key, "Index": op.index}
    if op.verb == "check":
        return {**step, "Verb": "check-index" if op.index else "check-not-exists"}
    if op.verb == "delete":
        return {**step, "Verb": "delete-cas"}
    encoded = base64.b64encode(json.dumps(op.value, sort_keys=True).encode()).decode()
    return {**step, "Verb": "cas", "Value": encoded}
