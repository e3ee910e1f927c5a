"""Consul: key-value store, transactions, services, health.

Thin over py-consul. Values of keys are JSON objects. Every failure is a ConsulError that says
what was tried, where and why.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import consul as pyconsul
import requests

DEFAULT_URL = "http://127.0.0.1:8500"

Value = dict[str, Any]


class ConsulError(Exception):
    """Consul could not be asked, or refused; the message says what, where and why."""


@dataclass(frozen=True)
class Entry:
    """A key's value and the index that a compare-and-swap has to name."""

    value: Value
    index: int
    session: str | None = None


ABSENT = Entry({}, 0)


@dataclass(frozen=True)
class Op:
    """One step of a transaction: `set` or `delete` under the condition that the key's index
    is still `index` (0: the key must not exist)."""

    verb: str
    key: str
    index: int
    value: Value = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """One registration with the local agent. `status` becomes a check where it is given."""

    id: str
    name: str
    address: str
    port: int = 0
    tags: tuple[str, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()


class Consul:
    """One Consul agent, by its HTTP address."""

    def __init__(self, url: str = DEFAULT_URL, token: str | None = None, timeout: float = 10) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConsulError(f"Consul's address {url!r} is not a URL such as {DEFAULT_URL}")
        self.url = url
        self._timeout = timeout
        self.api = pyconsul.Consul(
            host=parts.hostname,
            port=parts.port or (443 if parts.scheme == "https" else 8500),
            scheme=parts.scheme,
            token=token,
        )

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
            raise ConsulError(f"{what}: Consul at {self.url} said: {error}") from error

    # Key-value store

    def get(self, key: str) -> Entry:
        """The key's entry; ABSENT (index 0) when there is no such key."""
        with self._asking(f"reading {key}"):
            _, found = self.api.kv.get(key, consistency="consistent")
        return _entry(found) if found else ABSENT

    def list(self, prefix: str) -> dict[str, Entry]:
        """All keys below a prefix with their entries."""
        with self._asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, recurse=True, consistency="consistent")
        return {item["Key"]: _entry(item) for item in found or []}

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
                answer = self.api.txn.put(payload)
            except pyconsul.ClientError as error:
                # 409 is the answer to a failed check; py-consul knows no better name for it.
                if "409" in str(error):
                    return False
                raise
        return not (answer or {}).get("Errors")

    # Health

    def healthy(self, service: str, tag: str | None = None) -> list[dict[str, Any]]:
        """Instances of a service that pass all checks, as DNS would answer:
        [{"id", "address", "port", "node", "tags", "meta"}]."""
        with self._asking(f"asking for healthy instances of {service}"):
            _, found = self.api.health.service(service, passing=True, tag=tag)
        return [
            {
                "id": item["Service"]["ID"],
                "address": item["Service"]["Address"] or item["Node"]["Address"],
                "port": item["Service"]["Port"],
                "node": item["Node"]["Node"],
                "tags": item["Service"]["Tags"] or [],
                "meta": item["Service"].get("Meta") or {},
            }
            for item in found
        ]


def _entry(item: dict[str, Any]) -> Entry:
    raw = item["Value"] or b"{}"
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ConsulError(f"key {item['Key']} does not hold JSON: somebody else wrote it") from error
    return Entry(value, item["ModifyIndex"], item.get("Session"))


def _txn_op(op: Op) -> dict[str, Any]:
    step: dict[str, Any] = {"Key": op.key, "Index": op.index}
    if op.verb == "delete":
        return {**step, "Verb": "delete-cas"}
    encoded = base64.b64encode(json.dumps(op.value, sort_keys=True).encode()).decode()
    return {**step, "Verb": "cas", "Value": encoded}
