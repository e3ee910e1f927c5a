"""Going back from an update that is not over, without losing what still works.

Of an instance that is there twice, Swarm keeps the task that it meets first, in an order that is none, if both fit
the new specification (swarmkit's updater, `worker`). Where a service becomes again what it was and nothing but its
placement had changed, an old instance that works and its replacement that does not yet both fit: every other service
would be left with the latter. So for a moment the nodes of such replacements are excluded, and Swarm has no choice.
"""

from __future__ import annotations

from collections.abc import Iterable

from .convergence import Task
from .placements import place
from .spec import Spec, identity
from .surge import stays


def withdrawn(back: Spec, tasks: Iterable[Task]) -> Spec | None:
    """The specification under which Swarm gives up the replacements that do not run yet; None when there are none.

    A node where another instance runs is not excluded, for that would have to move as well.

    :param back: what the service shall be again.
    :param tasks: the service's, as `GET /tasks` answers.
    """
    template = back["TaskTemplate"]
    alive = [task for task in tasks if stays(task)]
    running = [task for task in alive if task["Status"]["State"] == "running"]
    coming = [task for task in alive if task["Status"]["State"] != "running"]
    kept = {place(task) for task in running if _same(task["Spec"], template)}
    nodes = {task.get("NodeID", "") for task in coming if place(task) in kept}
    excluded = sorted(nodes - {task["NodeID"] for task in running} - {""})
    if not excluded:
        return None
    placement = template.get("Placement") or {}
    constraints = [*(placement.get("Constraints") or []), *(f"node.id!={node}" for node in excluded)]
    return {
        **back,
        "TaskTemplate": {**template, "Placement": {**placement, "Constraints": constraints}},
        "UpdateConfig": {**(back.get("UpdateConfig") or {}), "Parallelism": 0, "Delay": 0, "Order": "start-first"},
    }


def _same(one: Spec, other: Spec) -> bool:
    # One has its networks by name, the other by id.
    first, second = (identity({**template, "Networks": None}) for template in (one, other))
    return first == second
