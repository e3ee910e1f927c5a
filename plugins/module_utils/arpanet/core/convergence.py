"""Whether a deployment's services have arrived at what was asked, read from Swarm's task list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .constraints import meets, takes_tasks
from .services import Spec, canonical

Task = dict[str, Any]

_OVER = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
_BROKEN = frozenset({"failed", "rejected"})
# A new task that failed this often since we began will not get better by waiting.
HOPELESS = 3


@dataclass(frozen=True)
class Failure:
    """One new task that did not live: which, where and why."""

    task: str
    number: str
    node: str
    reason: str
    exit_code: int


@dataclass(frozen=True)
class Progress:
    """How far one service is.

    `done`: all of it is as asked. `hopeless`: waiting will not help. `problems`: why it is not there.
    """

    service: str
    running: int
    wanted: int
    done: bool
    hopeless: bool
    problems: tuple[str, ...]
    failures: tuple[Failure, ...] = ()


def progress(service: Spec, tasks: list[Task], nodes: Mapping[str, Spec], since: str) -> Progress:
    """How far a service is.

    :param service: as `GET /services/{id}` answers.
    :param tasks: the service's tasks as `GET /tasks` answers.
    :param nodes: by id, as `GET /nodes` answers.
    :param since: RFC 3339 time (UTC); older failures are somebody else's.
    """
    spec = service["Spec"]
    template = _identity(spec["TaskTemplate"])
    constraints = (spec["TaskTemplate"].get("Placement") or {}).get("Constraints") or []
    ready_nodes = {key: node for key, node in nodes.items() if takes_tasks(node)}
    current = [
        task
        for task in tasks
        if _identity(task["Spec"]) == template and _may_stay(task, nodes.get(task.get("NodeID", "")), constraints)
    ]
    alive = [task for task in current if task["DesiredState"] in ("ready", "running", "complete")]
    running = [task for task in alive if task["Status"]["State"] == "running"]
    complete = [task for task in current if task["Status"]["State"] == "complete"]
    wanted = _wanted(spec, [node for node in ready_nodes.values() if all(meets(c, node) for c in constraints)])
    ours = {task["ID"] for task in alive}
    # An old task on a node that does not answer stays "running" in the list for ever.
    leaving = any(
        task["ID"] not in ours and task["Status"]["State"] not in _OVER and task.get("NodeID", "") in ready_nodes
        for task in tasks
    )
    is_job = "ReplicatedJob" in spec["Mode"] or "GlobalJob" in spec["Mode"]
    arrived = len(complete) if is_job else len(running)
    update = (service.get("UpdateStatus") or {}).get("State", "")
    stopped = update in ("paused", "rollback_started", "rollback_paused", "rollback_completed")
    broken = [task for task in current if task["Status"]["State"] in _BROKEN and task["CreatedAt"] >= since]
    problems = {task["Status"]["Err"] for task in alive if task["Status"].get("Err")} if arrived < wanted else set()
    if stopped:
        problems.add(service["UpdateStatus"].get("Message", f"the update is {update}"))
    settled = update in ("", "completed") and not leaving and (is_job or len(alive) == len(running))
    return Progress(
        service=spec["Name"],
        running=arrived,
        wanted=wanted,
        done=arrived == wanted and settled,
        hopeless=stopped or (len(broken) >= _hopeless(spec) and arrived < wanted),
        problems=tuple(sorted(problems)),
        failures=tuple(_failure(task) for task in sorted(broken, key=lambda task: str(task["CreatedAt"]))),
    )


def _hopeless(spec: Spec) -> int:
    """A service that may not be restarted is lost with its first failure."""
    policy = spec["TaskTemplate"].get("RestartPolicy") or {}
    attempts = 1 if policy.get("Condition") == "none" else int(policy.get("MaxAttempts") or HOPELESS)
    return min(attempts, HOPELESS)


def _wanted(spec: Spec, allowed: list[Spec]) -> int:
    mode = spec["Mode"]
    if "Replicated" in mode:
        return int(mode["Replicated"].get("Replicas", 1))
    if "ReplicatedJob" in mode:
        return int(mode["ReplicatedJob"].get("TotalCompletions", 1))
    return len(allowed)


def _may_stay(task: Task, node: Spec | None, constraints: list[str]) -> bool:
    """Swarm keeps a task whose placement alone changed, where its node meets the new constraints."""
    return node is None or all(meets(constraint, node) for constraint in constraints)


def _identity(template: Spec) -> Spec:
    """What makes a task one of this template, placement aside."""
    kept = {key: value for key, value in template.items() if key not in ("Placement", "RestartPolicy", "LogDriver")}
    return canonical(kept)  # type: ignore[no-any-return]


def _failure(task: Task) -> Failure:
    status = task["Status"]
    return Failure(
        task=task["ID"],
        number=str(task.get("Slot") or task.get("NodeID", "")),
        node=task.get("NodeID", ""),
        reason=str(status.get("Err") or status.get("Message") or status["State"]),
        exit_code=int((status.get("ContainerStatus") or {}).get("ExitCode") or 0),
    )
