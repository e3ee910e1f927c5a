"""A Swarm that moves instances as Swarm does, and a Consul that has locks."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ABSENT, Entry
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.surge import Surge
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.constraints import meets, takes_tasks
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member, NodeChange

from fakes.consul import FakeConsul
from fakes.convergence import node

Spec = dict[str, Any]


class Moving:
    """What is asked of `Engine` and `Swarm` to move instances. `calls` are the changes, in their order.

    A task whose node its constraints exclude is replaced, and stops before where its service is updated stop-first;
    those of `full` find no room, and those of `ill` start and never run. Of two tasks for one instance that both fit,
    the newer one stays: Swarm's order is none, and this is the worse.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._nodes = {name: node(name) for name in ("node1", "node2", "node3")}
        self._services: dict[str, Spec] = {}
        self._tasks: list[Spec] = []
        self.full: set[str] = set()
        self.ill: set[str] = set()
        self.calls: list[str] = []
        self.before_apply: Callable[[NodeChange], None] = lambda _change: None

    def add(self, name: str, *places: str, on: str = "", everywhere: bool = False, order: str = "start-first") -> None:
        """A service `abc_web` with an instance on each of these nodes; `on` is the only one that may run it."""
        deployment, _, short = name.partition("_")
        self._services[name] = {
            "ID": f"s-{name}",
            "Spec": {
                "Name": name,
                "Labels": {names.LABEL_DEPLOYMENT: deployment, names.LABEL_SERVICE: short},
                "Mode": {"Global": {}} if everywhere else {"Replicated": {"Replicas": len(places)}},
                "TaskTemplate": {
                    "ContainerSpec": {"Image": "web:1"},
                    "Placement": {"Constraints": [f"node.hostname=={on}"] if on else []},
                },
                "UpdateConfig": {"Order": order, "Parallelism": 1},
            },
        }
        for slot, place in enumerate(places, 1):
            self._start(name, slot, place)

    def spec(self, name: str) -> Spec:
        found: Spec = self.services()[name]["Spec"]
        return found

    def alter(self, name: str, spec: Spec) -> None:
        """Somebody else has changed a service, and Swarm has done nothing about it."""
        self._services[name]["Spec"] = copy.deepcopy(spec)

    def places(self, name: str) -> list[str]:
        """The nodes that a service's instances run on."""
        return sorted(task["NodeID"] for task in self._alive(name))

    def linger(self, place: str, still: bool = True) -> None:
        """What a node was told to stop still runs there, or has stopped."""
        for task in self._tasks:
            if task["NodeID"] == place and task["DesiredState"] == "shutdown":
                task["Status"]["State"] = "running" if still else "shutdown"

    def member(self, name: str) -> Member:
        spec = self._nodes[name]["Spec"]
        return Member(name, name, spec["Role"], spec["Availability"])

    # Read

    def nodes(self) -> list[Spec]:
        return copy.deepcopy([*self._nodes.values()])

    def services(self, deployment: str | None = None) -> dict[str, Spec]:
        return copy.deepcopy(
            {
                name: one
                for name, one in self._services.items()
                if deployment in (None, one["Spec"]["Labels"][names.LABEL_DEPLOYMENT])
            }
        )

    def tasks(self, deployment: str | None = None) -> list[Spec]:
        ids = {one["ID"] for one in self.services(deployment).values()}
        return copy.deepcopy([task for task in self._tasks if task["ServiceID"] in ids])

    def all_tasks(self) -> list[Spec]:
        return self.tasks()

    def each(self, do: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [do(item) for item in items]

    # Change

    def update_service(self, spec: Spec) -> None:
        name = spec["Name"]
        self.calls.append(f"update {name}")
        self.alter(name, spec)
        constraints = spec["TaskTemplate"]["Placement"]["Constraints"]
        self._settle(name, constraints)
        out = [task for task in self._alive(name) if not self._meets(task["NodeID"], constraints)]
        for task in out[: (spec["UpdateConfig"] or {}).get("Parallelism") or len(out)]:
            self._elsewhere(name, task, constraints)

    def apply(self, change: NodeChange) -> None:
        self.before_apply(change)
        availability = change.after["availability"]
        self.calls.append(f"{change.id} {availability}")
        self._nodes[change.id]["Spec"]["Availability"] = availability
        for name in self._services if availability == "drain" else ():
            for task in [task for task in self._alive(name) if task["NodeID"] == change.id]:
                _end(task)

    # What becomes of it

    def _alive(self, name: str) -> list[Spec]:
        ours = [task for task in self._tasks if task["ServiceID"] == f"s-{name}"]
        return [task for task in ours if task["DesiredState"] == "running"]

    def _meets(self, place: str, constraints: list[str]) -> bool:
        return all(meets(one, self._nodes[place]) for one in constraints)

    def _settle(self, name: str, constraints: list[str]) -> None:
        """Each instance that is there twice is there once, on a node that these constraints allow."""
        fitting = {one["Slot"]: one for one in self._alive(name) if self._meets(one["NodeID"], constraints)}
        for task in self._alive(name):
            if fitting.get(task["Slot"], task) is not task:
                _end(task)

    def _elsewhere(self, name: str, task: Spec, constraints: list[str]) -> None:
        taken = self.places(name)
        free = [key for key, one in self._nodes.items() if takes_tasks(one) and self._meets(key, constraints)]
        if self._services[name]["Spec"]["UpdateConfig"]["Order"] == "stop-first":
            _end(task)
        if free and name not in self.full:
            place = min(free, key=lambda key: (taken.count(key), key))
            self._start(name, task["Slot"], place, "starting" if name in self.ill else "running")
            if name not in self.ill:
                _end(task)

    def _start(self, name: str, slot: int, place: str, state: str = "running") -> None:
        number = next(self._numbers)
        self._tasks.append(
            {
                "ID": f"t{number}",
                "ServiceID": f"s-{name}",
                "CreatedAt": f"2026-01-01T00:00:{number:02}",
                "Spec": copy.deepcopy(self._services[name]["Spec"]["TaskTemplate"]),
                "NodeID": place,
                "Slot": slot,
                "DesiredState": "running",
                "Status": {"State": state},
            }
        )


def _end(task: Spec) -> None:
    task["DesiredState"] = task["Status"]["State"] = "shutdown"


class Locks(FakeConsul):
    """Locks that end with the session that holds them."""

    def open_session(self, _name: str, _seconds: int, ephemeral: bool = False) -> str:
        assert ephemeral, "a lock would outlive who holds it"
        return "ours"

    def renew_session(self, _session: str) -> bool:
        return True

    def end_session(self, session: str) -> None:
        self.entries = {key: entry for key, entry in self.entries.items() if entry.session != session}

    def lock(self, key: str, value: Spec, session: str) -> bool:
        held = self.entries.get(key, ABSENT).session
        if held in (None, session):
            self.entries[key] = Entry(copy.deepcopy(value), 1, session)
        return held in (None, session)

    def held_by(self, holder: str, deployment: str) -> None:
        """Somebody else works on a deployment."""
        self.entries[names.lock_key(deployment)] = Entry({"holder": holder, "since": "noon"}, 1, "theirs")


def surge(swarm: Moving, consul: Locks) -> Surge:
    """Moves that take no time, and wait for nobody."""
    return Surge(swarm, consul, "a test", timeout=0, lock_timeout=-1)
