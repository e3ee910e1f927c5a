"""A node in memory: its Consul agent with the servers behind it, and its Docker Engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError, Value
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.containers import ContainersError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.container_events import Event
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.containers import Container, Move
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.names import Instance
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration

from fakes.consul import FakeConsul


def container(identifier: str = "c1", number: str = "1", **changes: Any) -> Container:
    """An instance of `pricing` in deployment `abc`."""
    address = changes.pop("address", f"10.32.0.{identifier.lstrip('c') or 0}")
    values: dict[str, Any] = {
        "instance": Instance("abc", "pricing", number),
        "created": 0,
        "leased": (("abc_default", address),),
        **changes,
    }
    return Container(id=identifier, address=address, **values)


class FakeNodeConsul(FakeConsul):
    """Consul with the agent's half. `down` makes every request fail, `calls` are the writes."""

    credential = ""

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, Registration] = {}
        # What the catalog has of this node, and its agent has forgotten.
        self.ghosts: dict[str, Registration] = {}
        self.calls: list[str] = []
        self.down = False
        self.alive: dict[str, bool] = {}
        self.sessions: set[str] = set()
        self.holder = ""

    def _ask(self) -> None:
        if self.down:
            raise ConsulError("Consul does not answer")

    def node_name(self) -> str:
        self._ask()
        return "consul-says"

    def registrations(self) -> list[Registration]:
        self._ask()
        return [*self.services.values()]

    def register(self, registration: Registration) -> None:
        self._ask()
        self.calls.append(f"+{registration.id}")
        self.services[registration.id] = registration

    def deregister(self, service_id: str) -> None:
        self._ask()
        self.calls.append(f"-{service_id}")
        self.services.pop(service_id, None)

    def external(self, node: str) -> tuple[str, dict[str, Registration]]:
        self._ask()
        return "10.0.0.1", {**self.services, **self.ghosts}

    def deregister_external(self, node: str, service_id: str) -> None:
        self._ask()
        del self.ghosts[service_id]

    def nodes(self) -> dict[str, bool]:
        return self.alive

    def open_session(self, _name: str, _seconds: int) -> str:
        self._ask()
        session = f"session{len(self.sessions) + 1}"
        self.sessions.add(session)
        return session

    def renew_session(self, session: str) -> bool:
        return session in self.sessions

    def lock(self, _key: str, _value: Value, session: str) -> bool:
        self.holder = self.holder or session
        return self.holder == session


class FakeContainers:
    """Docker. `streams` are what following events gives, one list for each time it is followed."""

    def __init__(self, *running: Container) -> None:
        self.there = [*running]
        self.streams: list[list[Event]] = []
        self.down = False
        self.manager = True
        self.network_list: list[dict[str, Any]] = []
        self.stop_signals: dict[str, str] = {}
        self.inspected: list[str] = []
        self.taken: set[str] = set()

    def _ask(self) -> None:
        if self.down:
            raise ContainersError("Docker does not answer")

    def running(self) -> tuple[Container, ...]:
        self._ask()
        return tuple(self.there)

    def move(self, identifier: str, move: Move) -> None:
        self._ask()
        if move.address in self.taken:
            raise ContainersError(f"Docker said: Address already in use: {move.address}")
        self.there = [
            replace(one, address=move.address, leased=((move.network, move.address),), moves=())
            if one.id == identifier
            else one
            for one in self.there
        ]

    def events(self) -> Iterator[Event | None]:
        self._ask()
        yield None
        yield from self.streams.pop(0) if self.streams else []
        raise ContainersError("the event stream ended")

    def stop_signal(self, identifier: str) -> str:
        self._ask()
        self.inspected.append(identifier)
        if identifier not in self.stop_signals:
            raise ContainersError("no such container")
        return self.stop_signals[identifier]

    def networks(self) -> list[dict[str, Any]]:
        self._ask()
        return self.network_list

    def is_manager(self) -> bool:
        self._ask()
        return self.manager


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
