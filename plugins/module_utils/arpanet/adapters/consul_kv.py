"""Consul's key-value store with its transactions, sessions and locks. Values of keys are JSON objects."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import consul as pyconsul
import requests
from consul.callback import CB
from consul.exceptions import ClientError
from requests.structures import CaseInsensitiveDict

from .consul_connection import Connection
from .consul_line import ConsulError

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


class KeyValueStore(Connection):
    """Keys, and who holds them."""

    def get(self, key: str) -> Entry:
        """The key's entry; ABSENT (index 0) when there is no such key."""
        with self.asking(f"reading {key}"):
            _, found = self.api.kv.get(key, consistency="consistent")
        return _entry(found) if found else ABSENT

    def wait(self, key: str, index: int, seconds: int) -> tuple[Value, int]:
        """A key's value (empty when there is none) and the answer's index, as soon as that is another one
        or the seconds are over. This client needs a time limit beyond them."""
        with self.asking(f"following {key}"):
            now, found = self.api.kv.get(key, index=index or None, wait=f"{seconds}s")
        # An index that went back is one of another history: from the beginning, then.
        return _entry(found).value if found else {}, int(now or 0) if int(now or 0) >= index else 0

    def wait_below(self, prefix: str, index: int, seconds: int) -> tuple[dict[str, Value], int]:
        """The same of all keys below a prefix."""
        with self.asking(f"following {prefix}"):
            now, found = self.api.kv.get(prefix, recurse=True, index=index or None, wait=f"{seconds}s")
        values = {item["Key"]: _entry(item).value for item in found or []}
        return values, int(now or 0) if int(now or 0) >= index else 0

    def list(self, prefix: str) -> dict[str, Entry]:
        """All keys below a prefix with their entries."""
        with self.asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, recurse=True, consistency="consistent")
        return {item["Key"]: _entry(item) for item in found or []}

    def known(self, prefix: str) -> dict[str, Value]:
        """Values of all keys below a prefix, as far as the asked server has heard."""
        with self.asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, recurse=True, consistency="stale")
        return {item["Key"]: _entry(item).value for item in found or []}

    def stored(self, prefix: str) -> dict[str, bytes]:
        """The same as they are stored: somebody else may have written nonsense (core.stored)."""
        with self.asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, recurse=True, consistency="stale")
        return {item["Key"]: item["Value"] or b"" for item in found or []}

    def keys(self, prefix: str) -> Sequence[str]:
        """The names of all keys below a prefix."""
        with self.asking(f"listing {prefix}"):
            _, found = self.api.kv.get(prefix, keys=True, consistency="consistent")
        return [*(found or [])]

    def snapshot(self, prefixes: Iterable[str]) -> dict[str, Entry]:
        """All keys below these prefixes (at most 64) with their entries: one request, one moment.

        Read from the leader, which in the moment of its fall may not know of the latest write:
        use it where a compare-and-swap follows.
        """
        asked = [*prefixes]
        with self.asking(f"reading {', '.join(asked)}"):
            answer = self._transact([{"KV": {"Verb": "get-tree", "Key": prefix}} for prefix in asked])
        items = (result["KV"] for result in answer["Results"] or [])
        return {item["Key"]: _entry({**item, "Value": base64.b64decode(item["Value"] or "")}) for item in items}

    def put(self, key: str, value: Value) -> None:
        """Write a key whatever it holds."""
        with self.asking(f"writing {key}"):
            self.api.kv.put(key, json.dumps(value, sort_keys=True))

    def delete(self, key: str, recurse: bool = False) -> None:
        """Delete a key, or all below it; an absent one is fine."""
        with self.asking(f"deleting {key}"):
            self.api.kv.delete(key, recurse=recurse)

    def commit(self, ops: Iterable[Op]) -> bool:
        """Apply all steps or none. False when another writer changed one of the keys first.

        At most 64 steps (the limit of servers before Consul 1.13).
        """
        payload = [{"KV": _txn_op(op)} for op in ops]
        with self.asking("committing a transaction"):
            try:
                answer = self._transact(payload)
            except ClientError as error:
                # 409 is the answer to a failed check; py-consul knows no better name for it.
                if str(error).startswith("409 "):
                    return False
                raise
        return not (answer or {}).get("Errors")

    def _transact(self, steps: Sequence[dict[str, Any]]) -> Any:
        """As `api.txn.put`, straight to the connection: a session prepares a request for longer than
        Consul takes to answer it."""
        session = self.api.http.session
        request = requests.PreparedRequest()
        request.method, request.url = "PUT", f"{self.api.http.base_uri}/v1/txn"
        request.body = json.dumps(steps)
        request.headers = CaseInsensitiveDict(session.headers)
        request.headers["Content-Length"] = str(len(request.body))
        return CB.json()(self.api.http.response(session.get_adapter(request.url).send(request)))

    # Sessions and locks

    def open_session(self, name: str, seconds: int, ephemeral: bool = False) -> str:
        """A session that ends with this node, or when it is not renewed for `seconds` (10 or more).

        Consul may take twice as long. What it has locked is then free at once and keeps its value;
        an ephemeral one takes its keys with it.
        """
        behavior = "delete" if ephemeral else "release"
        with self.asking(f"opening session {name!r}"):
            return str(self.api.session.create(name, behavior=behavior, ttl=seconds, lock_delay=0))

    def end_session(self, session: str) -> None:
        """End a session; an ended one is fine."""
        with self.asking("ending a session"):
            self.api.session.destroy(session)

    def renew_session(self, session: str) -> bool:
        """False when the session has ended."""
        with self.asking("renewing a session"):
            try:
                return bool(self.api.session.renew(session))
            except pyconsul.NotFound:
                return False

    def lock(self, key: str, value: Value, session: str) -> bool:
        """Take a lock, or keep one that the session has; False while another session has it."""
        with self.asking(f"locking {key}"):
            return bool(self.api.kv.put(key, json.dumps(value, sort_keys=True), acquire=session))


def _entry(item: dict[str, Any]) -> Entry:
    raw = item["Value"] or b"{}"
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ConsulError(f"key {item['Key']} does not hold JSON: somebody else wrote it") from error
    if not isinstance(value, dict):
        raise ConsulError(f"key {item['Key']} does not hold a JSON object: somebody else wrote it")
    return Entry(value, item["ModifyIndex"], item.get("Session"))


def _txn_op(op: Op) -> dict[str, Any]:
    step: dict[str, Any] = {"Key": op.key, "Index": op.index}
    if op.verb == "check":
        return {**step, "Verb": "check-index" if op.index else "check-not-exists"}
    if op.verb == "delete":
        return {**step, "Verb": "delete-cas"}
    encoded = base64.b64encode(json.dumps(op.value, sort_keys=True).encode()).decode()
    return {**step, "Verb": "cas", "Value": encoded}
