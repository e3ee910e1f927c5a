"""Whether a deployment's services have arrived at what was asked, read from Swarm's task list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .constraints import meets, takes_tasks
from .placements import BROKEN, OVER, ended_well, hostname, is_wanted, of_this_run, place
from .spec import Spec, identity

Task = dict[str, Any]

# An instance whose tasks failed this often since we began will not get better by waiting.
HOPELESS = 3
# States of an update that Swarm does not bring to its end.
_GIVEN_UP = frozenset({"paused", "rollback_started", "rollback_paused", "rollback_completed"})


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
    `starting`: the nodes (ids) on which an instance is on its way; empty for one without a node yet.
    `job`: an instance has arrived when it is complete.
    """

    service: str
    running: int
    wanted: int
    done: bool
    hopeless: bool
    problems: tuple[str, ...]
    failures: tuple[Failure, ...] = ()
    starting: tuple[str, ...] = ()
    job: bool = False


def progress(service: Spec, tasks: list[Task], nodes: Mapping[str, Spec], since: str) -> Progress:
    """How far a service is.

    :param service: as `GET /services/{id}` answers.
    :param tasks: the service's tasks as `GET /tasks` answers.
    :param nodes: by id, as `GET /nodes` answers.
    :param since: what `moment` said in the beginning; older failures are somebody else's.
    """
    spec = service["Spec"]
    template, policy = identity(spec["TaskTemplate"]), spec["TaskTemplate"].get("RestartPolicy") or {}
    placement = spec["TaskTemplate"].get("Placement") or {}
    constraints = placement.get("Constraints") or []
    ready_nodes = {key: node for key, node in nodes.items() if takes_tasks(node)}
    current = [
        task
        for task in tasks
        if identity(task["Spec"]) == template
        and of_this_run(service, task)
        and _may_stay(task, nodes.get(task.get("NodeID", "")), constraints)
    ]
    begun_on = {task.get("NodeID", "") for task in current}
    everywhere = is_everywhere(spec)
    ended = ended_well(service, tasks)
    if everywhere:
        # A node that takes no new tasks keeps what it has; one that is down keeps it in the list alone.
        current, ended = ([one for one in some if one.get("NodeID", "") in ready_nodes] for some in (current, ended))
    alive = [task for task in current if is_wanted(task)]
    running = [task for task in alive if task["Status"]["State"] == "running"]
    allowed = [node for node in ready_nodes.values() if all(meets(c, node) for c in constraints)]
    if "GlobalJob" in spec["Mode"] and begun_on:
        # Swarm starts a job on the nodes that there are, and not on one that comes later.
        allowed = [node for node in allowed if node["ID"] in begun_on]
    if placement.get("Platforms") and everywhere:
        # Swarm alone knows which nodes these are.
        allowed = allowed[: max(1, len(alive))]
    wanted = _wanted(spec, allowed)
    ours = {task["ID"] for task in alive}
    # An old task on a node that does not answer stays "running" in the list for ever.
    leaving = any(
        task["ID"] not in ours and task["Status"]["State"] not in OVER and task.get("NodeID", "") in ready_nodes
        for task in tasks
    )
    job = bool(spec["Mode"].keys() & {"ReplicatedJob", "GlobalJob"})
    if job:
        arrived, settling = sum(task["Status"]["State"] == "complete" for task in current), 0
    else:
        arrived, settling = len(running), len(alive) - len(running)
        # Those of places that are gone stay in the list for a while.
        arrived += min(len(ended), max(0, wanted - arrived))
    arrives = ("complete",) if job else ("running", "complete")
    update = service.get("UpdateStatus") or {}
    state = update.get("State", "")
    # After a rollback that ended before we began, the service is what it was, and nothing goes on.
    over = state == "rollback_completed" and update.get("CompletedAt", since) < since
    stopped = bool(given_up(service)) and not over
    broken = [task for task in current if task["Status"]["State"] in BROKEN and task["CreatedAt"] >= since]
    failures = max(Counter(map(place, broken)).values(), default=0)
    problems = {task["Status"]["Err"] for task in alive if task["Status"].get("Err")} if arrived < wanted else set()
    if stopped:
        problems.add(update.get("Message", f"the update is {state}"))
    settled = (over or state in ("", "completed")) and not leaving and not settling
    return Progress(
        service=spec["Name"],
        running=arrived,
        wanted=wanted,
        done=arrived == wanted and settled,
        hopeless=stopped or (failures >= _hopeless(policy) and arrived < wanted),
        problems=tuple(sorted(problems)),
        failures=tuple(_failure(task) for task in sorted(broken, key=lambda task: str(task["CreatedAt"]))),
        starting=tuple(sorted(task.get("NodeID", "") for task in alive if task["Status"]["State"] not in arrives)),
        job=job,
    )


def given_up(service: Spec) -> str:
    """What Swarm says of a service's last update where it gave that up, else nothing.

    It says so until the service is updated again, also when that is back at what it was.
    """
    state = str((service.get("UpdateStatus") or {}).get("State", ""))
    return state if state in _GIVEN_UP else ""


def line(state: Progress, hosts: Mapping[str, str]) -> str:
    """How far a service is, for people: `2/3 running, 1 starting on node2`.

    :param hosts: the nodes' names by id.
    """
    said = [f"{state.running}/{state.wanted} {'complete' if state.job else 'running'}", *_coming(state, hosts)]
    if state.failures and state.running < state.wanted:
        last = state.failures[-1]
        said.append(f"instance {last.number} failed on {hosts.get(last.node) or 'no node'}: {last.reason}")
    elif not state.done and not state.starting and state.running == state.wanted:
        said.append("the old ones are leaving")
    return ", ".join(said)


def _coming(state: Progress, hosts: Mapping[str, str]) -> list[str]:
    """`2 starting on node1` for each node."""
    coming = "under way" if state.job else "starting"
    waiting = Counter(hosts.get(node, "") for node in state.starting)
    return [
        f"{count} {coming} on {host}" if host else f"{count} without a node" for host, count in sorted(waiting.items())
    ]


def complaint(service: str, state: Progress, nodes: Mapping[str, Spec], waited: float | None) -> str:
    """`service pricing: 1 of 3 instances arrived: instance 2 on node3: task: non-zero exit (1)`"""
    after = f" after {waited:.0f} s" if waited is not None else ""
    reasons = [*state.problems, *({_reason(failure, nodes): None for failure in state.failures[-3:]})]
    if waited is not None and not reasons:
        reasons = _coming(state, {key: hostname(node) for key, node in nodes.items()})
    because = ": " + ", ".join(reasons) if reasons else ""
    return f"service {service}: {state.running} of {state.wanted} instances arrived{after}{because}"


def _reason(failure: Failure, nodes: Mapping[str, Spec]) -> str:
    where = hostname(nodes.get(failure.node, {})) or "no node"
    return f"instance {failure.number} on {where}: {failure.reason}"


def moment(services: Iterable[Spec], tasks: Iterable[Task]) -> str:
    """What `progress` takes for now: a moment after all that the Swarm has done so far, by its own clock.

    Ours may be another, and then old failures would be new ones, or new ones old.
    """
    ended = ((service.get("UpdateStatus") or {}).get("CompletedAt") or "" for service in services)
    last = max([*ended, *(str(task["CreatedAt"]) for task in tasks)], default="")
    return f"{last}+" if last else ""


def _hopeless(policy: Spec) -> int:
    """How many failures of one instance are its last: a service that may not be restarted has one."""
    if policy.get("Condition") == "none":
        return 1
    restarts = int(policy.get("MaxAttempts") or 0)
    return min(restarts + 1, HOPELESS) if restarts else HOPELESS


def is_everywhere(spec: Spec) -> bool:
    """Whether a service has one instance on each node that takes tasks."""
    return bool(spec["Mode"].keys() & {"Global", "GlobalJob"})


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


def _failure(task: Task) -> Failure:
    status = task["Status"]
    return Failure(
        task=task["ID"],
        number=place(task),
        node=task.get("NodeID", ""),
        reason=str(status.get("Err") or status.get("Message") or status["State"]),
        exit_code=int((status.get("ContainerStatus") or {}).get("ExitCode") or 0),
    )
