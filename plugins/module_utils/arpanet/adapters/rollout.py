"""Bringing a deployment to what is desired: read, plan, apply, wait, and say where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..core import names
from ..core.convergence import Progress, Task, progress
from ..core.placements import placements
from ..core.plan import CREATE, REMOVE, UPDATE, Actual, Plan, clashing_networks, plan
from ..core.record import Record, parse
from ..core.services import Spec
from ..core.stack import Desired, desired
from .consul import Consul
from .engine import Engine

_POLL_SECONDS = 0.1
_ENDED = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})


class RolloutError(Exception):
    """A deployment did not become what was asked; the message has a line for each reason.

    `result` says what had been changed by then.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.result: dict[str, Any] = {}


class Rollout:
    """One deployment on one cluster."""

    def __init__(self, engine: Engine, consul: Consul, deployment: str) -> None:
        self._engine = engine
        self._consul = consul
        self.deployment = deployment
        self._key = names.deployment_key(deployment)

    def record(self) -> Record:
        """What Consul remembers of the deployment."""
        return parse(self._consul.get(self._key).value, self.deployment)

    def exists(self) -> bool:
        """Whether Consul remembers the deployment at all."""
        return bool(self._consul.get(self._key).index)

    def actual(self) -> Actual:
        """What the Engine has of it."""
        return self._engine.actual(self.deployment)

    def desired(self, model: Spec, subnets: dict[str, str], actual: Actual, publish_mode: str) -> Desired:
        """What a model means on this cluster now: images pinned to the digests of this moment."""
        images, unresolved = self._pinned(model, actual)
        wanted = desired(model, self.deployment, subnets, images, self.record().scaled, publish_mode)
        warnings = [
            f"service {name}: no registry tells the digest of {image}; each node uses what it has or can pull"
            for name, image in sorted(unresolved.items())
        ]
        return replace(wanted, warnings=(*wanted.warnings, *warnings))

    def plan(self, wanted: Desired, actual: Actual) -> Plan:
        """What has to be done; RolloutError when it cannot be done by changing things in place."""
        clashing = clashing_networks(wanted, actual)
        if clashing:
            raise RolloutError(
                f"network {', '.join(clashing)} of deployment {self.deployment} exists on another subnet than "
                "Consul records for it: remove the deployment and deploy it again"
            )
        return plan(wanted, actual)

    def apply(self, todo: Plan, wanted: Desired, record: Record) -> Record:
        """Do what the plan says, and write the record first, so that nothing exists unrecorded."""
        record = replace(record, revision=record.revision + 1)
        self._consul.put(self._key, record.as_value())
        engine = self._engine
        engine.each(lambda name: engine.create_network(wanted.networks[name]), todo.of("network", CREATE))
        engine.each(lambda name: engine.create_secret(wanted.secrets[name]), todo.of("secret", CREATE))
        engine.each(lambda name: engine.create_config(wanted.configs[name]), todo.of("config", CREATE))
        steps: list[tuple[Callable[[Spec], None], str]] = [
            *((engine.create_service, name) for name in todo.of("service", CREATE)),
            *((engine.update_service, name) for name in todo.of("service", UPDATE)),
        ]
        engine.each(lambda step: step[0](_labelled(wanted.services[step[1]], record)), steps)
        engine.each(lambda name: engine.remove("service", name), todo.of("service", REMOVE))
        return record

    def collect(self, todo: Plan, timeout: float) -> None:
        """Remove what the plan no longer wants, once nothing uses it any more."""
        for kind in ("network", "secret", "config"):
            for name in todo.of(kind, REMOVE):
                self._until(partial(self._engine.remove, kind, name), timeout, f"{kind} {name}")

    def wait(self, timeout: float, since: datetime) -> list[dict[str, Any]]:
        """Wait until every service is as asked and every instance is in Consul; the placements.

        RolloutError names each service that is not there, with its tasks' own reasons.
        """
        deadline = time.monotonic() + timeout
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        while True:
            nodes = {node["ID"]: node for node in self._engine.nodes()}
            ready = frozenset(
                key
                for key, node in nodes.items()
                if node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active"
            )
            services = self._engine.services(self.deployment)
            tasks = self._engine.tasks(self.deployment)
            states = [
                progress(service, [task for task in tasks if task["ServiceID"] == service["ID"]], ready, stamp)
                for service in services.values()
            ]
            late = time.monotonic() > deadline
            if all(state.done for state in states):
                placed = placements(self.deployment, services, tasks, nodes)
                missing = self._unregistered(placed)
                if not missing:
                    return placed
                if late:
                    raise RolloutError("; ".join(missing))
            elif late or any(state.hopeless for state in states):
                raise RolloutError("; ".join(_complaint(state, late, timeout) for state in states if not state.done))
            time.sleep(_POLL_SECONDS)

    def remove(self, timeout: float) -> None:
        """Remove services, then (once their tasks are gone) networks, secrets and configs."""
        actual = self.actual()
        engine = self._engine
        engine.each(lambda name: engine.remove("service", name), actual.services)
        self._until(lambda: not self._living(), timeout, f"the tasks of deployment {self.deployment}")
        for kind, found in (
            ("network", actual.networks),
            ("secret", actual.secrets),
            ("config", actual.configs),
        ):
            for name in found:
                self._until(partial(engine.remove, kind, name), timeout, f"{kind} {name}")
        self._until(lambda: not self.actual().networks, timeout, f"the networks of deployment {self.deployment}")

    def forget(self) -> None:
        """Delete the record and all leases; the last step of a removal."""
        self._consul.delete(f"{self._key}/", recurse=True)
        self._consul.delete(self._key)

    def _living(self) -> list[Task]:
        ready = {node["ID"] for node in self._engine.nodes() if node["Status"]["State"] == "ready"}
        return [
            task
            for task in self._engine.tasks(self.deployment)
            if task["Status"]["State"] not in _ENDED and task.get("NodeID") in ready
        ]

    def _unregistered(self, placed: list[dict[str, Any]]) -> list[str]:
        """Instances that run but do not answer by name yet, with what to look at."""
        if not placed:
            return []
        known = {
            instance["meta"].get("arpanet-container", instance["id"])
            for instance in self._consul.healthy(self.deployment)
        }
        return [
            f"{where['instance']} runs on {where['node']} but is not in Consul: "
            f"is arpanet-agent running there? (journalctl -u arpanet-agent on {where['node']})"
            for where in placed
            if where["state"] == "running" and where["container"] not in known
        ]

    def _pinned(self, model: Spec, actual: Actual) -> tuple[dict[str, str], dict[str, str]]:
        """service -> image with digest, and those whose digest nobody knows."""
        stated = {name: str(service["image"]) for name, service in model["services"].items()}
        loose = sorted({image for image in stated.values() if "@" not in image})
        digests = dict(zip(loose, self._engine.each(self._engine.digest, loose), strict=True))
        pinned: dict[str, str] = {}
        unresolved: dict[str, str] = {}
        for name, image in stated.items():
            if "@" in image:
                continue
            reference = _with_tag(image)
            running = actual.services.get(names.swarm_name(self.deployment, name), {})
            current = (running.get("TaskTemplate") or {}).get("ContainerSpec", {}).get("Image", "")
            if digests[image]:
                pinned[name] = f"{reference}@{digests[image]}"
            elif current.partition("@")[0] == reference:
                pinned[name] = current
            else:
                pinned[name] = reference
                unresolved[name] = image
        return pinned, unresolved

    def _until(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            if time.monotonic() > deadline:
                raise RolloutError(f"{what} did not go away within {timeout:.0f} s; run the same again")
            time.sleep(_POLL_SECONDS)


def _labelled(spec: Spec, record: Record) -> Spec:
    return {**spec, "Labels": {**spec["Labels"], names.LABEL_REVISION: str(record.revision)}}


def _with_tag(image: str) -> str:
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last else f"{image}:latest"


def _complaint(state: Progress, late: bool, timeout: float) -> str:
    waited = f" after {timeout:.0f} s" if late else ""
    reasons = ": " + "; ".join(state.problems) if state.problems else ""
    return f"service {state.service} has {state.running} of {state.wanted} instances{waited}{reasons}"


def now() -> datetime:
    """The time that later failures are newer than."""
    return datetime.now(UTC)
