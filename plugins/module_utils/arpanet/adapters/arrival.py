"""Starting services in order and waiting until what was asked is there, and saying how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ..core import names, order
from ..core.convergence import Progress, Task, complaint, line, moment, progress
from ..core.placements import hostname, placements
from ..core.seen import ours
from ..core.spec import Spec
from .consul import Consul
from .engine import Engine
from .telling import Tell, Teller

POLL_SECONDS = 0.1
# A program that ends at once is seen running for a moment, and named in DNS: what started just now
# has to run for so long. Updates are watched by Swarm, and longer.
STEADY_SECONDS = 1.0
LOG_LINES = 20

Start = Callable[[], None]


class RolloutError(Exception):
    """A deployment did not become what was asked; the message has a line for each reason.

    `result` says what had been changed by then, `failures` which tasks failed:
    [{instance, node, reason, exit_code, log}].
    """

    def __init__(self, message: str, failures: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.result: dict[str, Any] = {}
        self.failures = failures or []


@dataclass(frozen=True)
class View:
    """What the Engine says of a deployment at one moment."""

    nodes: dict[str, Spec]
    services: dict[str, Spec]
    tasks: list[Task]
    progress: dict[str, Progress]


class Arrival:
    """One deployment on its way. `tell` gets a line whenever a service has come further."""

    def __init__(self, engine: Engine, consul: Consul, deployment: str, tell: Tell) -> None:
        self._engine = engine
        self._consul = consul
        self._deployment = deployment
        self._tell = Teller(tell)

    def of(self, pending: dict[str, Start], waits: order.Needs, timeout: float) -> list[dict[str, Any]]:
        """Start what is pending as its needs are met, until every service is as asked. The placements.

        :param pending: by the service's Engine name, what starts it.
        :raises RolloutError: something cannot become what was asked, or did not within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        before = self._engine.tasks(self._deployment)
        began = moment(self._engine.services(self._deployment).values(), before)
        view = self._view(began) if pending and any(waits.get(name) for name in pending) else None
        steady = _Steady(before)
        while True:
            startable = order.startable(pending, waits, partial(_arrived, view))
            self._engine.each(lambda start: start(), [pending[name] for name in startable])
            pending = {name: start for name, start in pending.items() if name not in startable}
            view = self._view(began)
            steady.look(view)
            late = time.monotonic() > deadline
            missing: dict[str, str] = {}
            if not pending and all(state.done for state in view.progress.values()):
                placed = placements(self._deployment, view.services, view.tasks, view.nodes)
                missing = self._unregistered(placed)
                if not missing and steady.enough():
                    return placed
                if missing and late:
                    raise RolloutError("; ".join(missing.values()))
            elif late or any(state.hopeless for name, state in view.progress.items() if name not in pending):
                raise self._failure(view, pending, waits, timeout if late else None)
            self._tell.all(self._lines(view, pending, waits) | missing)
            time.sleep(POLL_SECONDS)

    def _view(self, since: str) -> View:
        nodes = {node["ID"]: node for node in self._engine.nodes()}
        services = ours(self._engine.services(self._deployment))
        tasks = self._engine.tasks(self._deployment)
        of_service: dict[str, list[Task]] = {}
        for task in tasks:
            of_service.setdefault(task["ServiceID"], []).append(task)
        states = {
            name: progress(service, of_service.get(service["ID"], []), nodes, since)
            for name, service in services.items()
        }
        return View(nodes, services, tasks, states)

    def _lines(self, view: View, pending: dict[str, Start], waits: order.Needs) -> dict[str, str]:
        hosts = {key: hostname(node) for key, node in view.nodes.items()}
        on_its_way = {
            name: f"{self._short(name)} {line(state, hosts)}"
            for name, state in view.progress.items()
            if name not in pending
        }
        return on_its_way | {name: self._waiting(name, waits) for name in pending}

    def _waiting(self, name: str, waits: order.Needs) -> str:
        return f"{self._short(name)} waits for {', '.join(self._short(other) for other in sorted(waits[name]))}"

    def _failure(self, view: View, pending: dict[str, Start], waits: order.Needs, waited: float | None) -> RolloutError:
        lines = [
            complaint(self._short(state.service), state, view.nodes, waited)
            for state in view.progress.values()
            if not state.done
        ]
        lines += [
            f"service {self._short(name)} was not started: it waits for {', '.join(needed)}"
            for name in sorted(pending)
            for needed in [[self._short(other) for other in sorted(waits[name])]]
        ]
        failures = [
            {
                "instance": f"{failure.number}.{self._short(state.service)}",
                "node": hostname(view.nodes.get(failure.node, {})),
                "reason": failure.reason,
                "exit_code": failure.exit_code,
                "log": self._engine.task_log(failure.task, LOG_LINES),
            }
            for state in view.progress.values()
            for failure in state.failures[-1:]
        ]
        return RolloutError("; ".join(lines), failures)

    def _short(self, name: str) -> str:
        return name.removeprefix(f"{self._deployment}_")

    def _unregistered(self, placed: list[dict[str, Any]]) -> dict[str, str]:
        """Instances that run but do not answer by name yet, with what to look at."""
        if not placed:
            return {}
        known = {
            instance["meta"].get(names.META_CONTAINER, instance["id"])
            for instance in self._consul.healthy(self._deployment)
        }
        return {
            where["instance"]: f"{where['instance']} runs on {where['node']} but is not in Consul: "
            f"is arpanet-agent running there? (journalctl -u arpanet-agent on {where['node']})"
            for where in placed
            if where["state"] == "running" and where["container"] not in known
        }


class _Steady:
    """Whether what runs goes on running."""

    def __init__(self, before: list[Task]) -> None:
        # Running since before: nothing has to be waited for.
        self._known = {task["ID"] for task in before if task["Status"]["State"] == "running"}
        self._before = (datetime.now(UTC) - timedelta(seconds=STEADY_SECONDS)).strftime("%Y-%m-%dT%H:%M:%S.%f")
        self._since: dict[str, float] = {}

    def look(self, view: View) -> None:
        """Note what has started; by our own clock, as every node has another one."""
        now = time.monotonic()
        checked = {service["ID"] for service in view.services.values() if _checks_health(service["Spec"])}
        self._since = {
            task["ID"]: self._since.get(task["ID"], now)
            for task in view.tasks
            if task["Status"]["State"] == "running"
            and task["ServiceID"] not in checked
            and (task["ID"] not in self._known or str(task["Status"].get("Timestamp", "")) > self._before)
        }

    def enough(self) -> bool:
        """Whether all of it has run long enough."""
        return all(time.monotonic() - since >= STEADY_SECONDS for since in self._since.values())


def _checks_health(spec: Spec) -> bool:
    """Whether Swarm calls a task of this service running only when it is healthy."""
    test = (spec["TaskTemplate"]["ContainerSpec"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    return bool(test[0] != "NONE")


def _arrived(view: View | None, service: str, condition: str) -> bool:
    """Whether a service has come as far as a condition of `depends_on` asks.

    Swarm calls a task with a health check running only when it is healthy, so "started" and
    "healthy" are the same to see.
    """
    state = view.progress.get(service) if view else None
    if state is None:
        return False
    return state.done if condition == order.COMPLETED else state.running >= state.wanted
