"""Leases in Consul: read, and changed only where nobody else did."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from ..adapters.consul import Consul, ConsulError, Op
from ..core.leases import Held, Step

log = logging.getLogger(__name__)

_BATCH = 64  # steps of a transaction, on servers before Consul 1.13
_ATTEMPTS = 3


class LeaseStore:
    """The leases below some prefixes of Consul's key-value store."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul

    def read(self, prefixes: Iterable[str]) -> dict[str, Held]:
        """What Consul holds below these prefixes, other keys than leases included."""
        return {
            key: (entry.value, entry.index) for prefix in prefixes for key, entry in self._consul.list(prefix).items()
        }

    def settle(self, prefixes: Iterable[str], plan: Callable[[dict[str, Held]], list[Step]]) -> list[Step]:
        """Read, plan and apply; again when somebody else changed a key meanwhile. What was done."""
        prefixes = sorted(prefixes)
        done: list[Step] = []
        for _ in range(_ATTEMPTS):
            steps = plan(self.read(prefixes))
            batches = [steps[at : at + _BATCH] for at in range(0, len(steps), _BATCH)]
            lost = [batch for batch in batches if not self._commit(batch)]
            for batch in batches:
                done += batch if batch not in lost else []
            if not lost:
                return done
        raise ConsulError(f"leases below {', '.join(prefixes)} change faster than they can be written")

    def _commit(self, steps: list[Step]) -> bool:
        ops = [
            Op("delete", step.key, step.index) if step.value is None else Op("set", step.key, step.index, step.value)
            for step in steps
        ]
        if not self._consul.commit(ops):
            return False
        for step in steps:
            log.info("%s", step)
        return True
