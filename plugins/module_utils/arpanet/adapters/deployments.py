"""The three things one does with a deployment: converge it to a file, scale it, remove it.

Each reads, plans, applies the plan unless only asked (`check`), and returns
{changed, plan, diff, notes[, placements]}.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..core import names
from ..core.plan import Plan, as_data, as_diff, plan, removal
from ..core.record import of_model
from ..core.services import Spec
from ..core.stack import Desired
from .rollout import Rollout, RolloutError, now

Result = dict[str, Any]


def converge(
    rollout: Rollout,
    model: Spec,
    stack: str,
    subnets: dict[str, str],
    *,
    driver: str,
    publish_mode: str,
    timeout: float,
    check: bool,
) -> Result:
    """Make the deployment what the model says."""
    began = now()
    actual = rollout.actual()
    before = rollout.record()
    wanted = rollout.desired(model, subnets, actual, publish_mode)
    todo = rollout.plan(wanted, actual)
    record = of_model(before, model, stack, subnets, driver)
    changed = bool(todo) or record != before
    result = {
        "changed": changed,
        "plan": as_data(todo),
        "diff": as_diff(todo),
        "notes": list(wanted.warnings),
    }
    if check:
        return result
    if changed:
        rollout.apply(todo, wanted, record)
    with _telling(result):
        placed = rollout.wait(timeout, began)
        rollout.collect(todo, timeout)
    return {**result, "placements": placed}


def scale(rollout: Rollout, counts: dict[str, int], timeout: float, check: bool) -> Result:
    """Change the number of instances of some services and nothing else."""
    began = now()
    actual = rollout.actual()
    before = rollout.record()
    services = dict(actual.services)
    for name, count in counts.items():
        full = _service(rollout, services, name)
        services[full] = _scaled(services[full], name, count)
    wanted = Desired(rollout.deployment, services, actual.networks)
    todo = plan(wanted, replace(actual, secrets=frozenset(), configs=frozenset()))
    record = replace(
        before,
        services={**before.services, **counts},
        scaled={
            **before.scaled,
            **{name: count for name, count in counts.items() if name not in before.stated},
        },
    )
    notes = [
        f"service {name}: the stack's file states its replicas, so the next deploy goes back to that number"
        for name in sorted(counts)
        if name in before.stated
    ]
    result = {
        "changed": bool(todo) or record != before,
        "plan": as_data(todo),
        "diff": as_diff(todo),
        "notes": notes,
    }
    if check:
        return result
    if result["changed"]:
        rollout.apply(todo, wanted, record)
    with _telling(result):
        return {**result, "placements": rollout.wait(timeout, began)}


def remove(rollout: Rollout, timeout: float, check: bool) -> Result:
    """Remove all of the deployment but its volumes and its subnets."""
    actual = rollout.actual()
    todo: Plan = removal(actual)
    changed = bool(todo) or rollout.exists()
    result = {"changed": changed, "plan": as_data(todo), "diff": as_diff(todo), "notes": []}
    if changed and not check:
        with _telling(result):
            rollout.remove(timeout)
        rollout.forget()
    return result


@contextmanager
def _telling(result: Result) -> Iterator[None]:
    """A failure from here on tells what had been changed before it."""
    try:
        yield
    except RolloutError as error:
        error.result = result
        raise


def _service(rollout: Rollout, services: dict[str, Spec], name: str) -> str:
    full = names.swarm_name(rollout.deployment, name)
    if full not in services:
        known = ", ".join(sorted(spec["Labels"][names.LABEL_SERVICE] for spec in services.values()))
        raise RolloutError(
            f"there is no service {name!r}; it has {known}" if known else "it does not run here: see status.yml"
        )
    return full


def _scaled(spec: Spec, name: str, count: int) -> Spec:
    if count < 0:
        raise RolloutError(f"service {name}: {count} is no number of instances")
    if "Replicated" not in spec["Mode"]:
        raise RolloutError(f"service {name} runs once on every node (mode: global): it cannot be scaled")
    return {**spec, "Mode": {"Replicated": {"Replicas": count}}}
