"""Members of the gossip, as Serf lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALIVE, LEAVING, LEFT, FAILED = "alive", "leaving", "left", "failed"
STATUSES = (ALIVE, LEAVING, LEFT, FAILED)
# As Consul numbers them.
CONSUL_STATUSES: Mapping[int, str] = {1: ALIVE, 2: LEAVING, 3: LEFT, 4: FAILED}


@dataclass(frozen=True)
class Member:
    """`address` and `port` are where its gossip is reached; `status` is one of STATUSES (or `none`)."""

    name: str
    address: str
    port: int = 7947
    status: str = ALIVE
    tags: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As `serf members -format=json` has it."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return {
            "name": self.name,
            "addr": f"{address}:{self.port}",
            "port": self.port,
            "tags": dict(self.tags),
            "status": self.status,
        }
