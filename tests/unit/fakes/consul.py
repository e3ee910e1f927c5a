"""Consul's key-value store in memory: indices, compare-and-swap, all or nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ABSENT, Entry, Op

Value = dict[str, Any]

# Consul refuses a transaction with more steps than this on servers before 1.13.
MOST_STEPS = 64


class Killed(BaseException):
    """The controller died here; no handler of the code under test may see it."""


class FakeConsul:
    """What the adapters ask of `Consul`, with the same answers for the same order of calls.

    `before_commit` is called with the steps before each transaction is looked at: it may let
    another controller run, or raise Killed. `after_commit` likewise, once it has been applied.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.index = 0
        self.reads = 0
        self.commits: list[list[Op]] = []
        self.instances: dict[str, list[dict[str, Any]]] = {}
        self.before_commit: Callable[[list[Op]], None] = lambda _ops: None
        self.after_commit: Callable[[list[Op]], None] = lambda _ops: None

    def get(self, key: str) -> Entry:
        self.reads += 1
        return copy.deepcopy(self.entries.get(key, ABSENT))

    def list(self, prefix: str) -> dict[str, Entry]:
        self.reads += 1
        return {key: copy.deepcopy(entry) for key, entry in sorted(self.entries.items()) if key.startswith(prefix)}

    def known(self, prefix: str) -> dict[str, Value]:
        return {key: entry.value for key, entry in self.list(prefix).items()}

    def wait_below(self, prefix: str, index: int, seconds: int) -> tuple[dict[str, Value], int]:
        return self.known(prefix), self.index

    def snapshot(self, prefixes: Iterable[str]) -> dict[str, Entry]:
        asked = [*prefixes]
        assert len(asked) <= MOST_STEPS, "Consul refuses so many steps at once"
        self.reads += 1
        return {
            key: copy.deepcopy(entry)
            for key, entry in sorted(self.entries.items())
            if any(key.startswith(prefix) for prefix in asked)
        }

    def put(self, key: str, value: Value) -> None:
        self.index += 1
        self.entries[key] = Entry(copy.deepcopy(value), self.index)

    def delete(self, key: str, recurse: bool = False) -> None:
        for known in list(self.entries):
            if known == key or (recurse and known.startswith(key)):
                del self.entries[known]

    def commit(self, ops: Iterable[Op]) -> bool:
        steps = list(ops)
        assert len(steps) <= MOST_STEPS, "Consul refuses so many steps at once"
        assert len({op.key for op in steps}) == len(steps), "one key changed twice in a transaction"
        self.before_commit(steps)
        if not all(self._holds(op) for op in steps):
            return False
        self.index += 1
        for op in steps:
            if op.verb == "delete":
                self.entries.pop(op.key, None)
            elif op.verb == "set":
                self.entries[op.key] = Entry(copy.deepcopy(op.value), self.index)
        self.commits.append(steps)
        self.after_commit(steps)
        return True

    def _holds(self, op: Op) -> bool:
        index = self.entries.get(op.key, ABSENT).index
        # Consul takes the deletion of a key that is gone for done.
        return index == op.index or (op.verb == "delete" and not index)

    def healthy(self, service: str, tag: str | None = None) -> list[dict[str, Any]]:
        return [item for item in self.instances.get(service, []) if tag is None or tag in item["tags"]]

    def keys(self, prefix: str = "") -> set[str]:
        return {key for key in self.entries if key.startswith(prefix)}
