"""What one does with a deployment: converge it to a file, scale it, roll it back, remove it.

Each reads, plans, applies the plan unless only asked (`check`), and returns
{changed, plan, diff, notes[, placements, revision]}.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..core import drivers, generations, volumes
from ..core.plan import Actual, as_data, as_diff, as_lines, plan, removal
from ..core.record import Record, of_model
from ..core.scaling import scaled
from ..core.spec import Spec
from ..core.stack import Desired
from .arrival import RolloutError
from .engine import EngineError
from .revisions import NoRevision, Revision
from .rollout import Rollout

Result = dict[str, Any]


def converge(
    rollout: Rollout,
    model: Spec,
    stack: str,
    subnets: dict[str, str],
    *,
    allocated: Collection[str] = (),
    driver: str,
    plugin: str = drivers.PLUGIN,
    publish_mode: str,
    move_volumes: frozenset[str],
    timeout: float,
    check: bool,
) -> Result:
    """Make the deployment what the model says; go back to what was when that fails.

    :param allocated: networks whose subnet was allocated for this; a refusal gives them back.
    :param plugin: the managed plugin's name, where the driver is one.
    """
    results = []
    carrier = drivers.engine_name(driver, plugin)
    with _leaving_nothing(rollout, allocated):
        others = rollout.others_on(plugin, model)
        rollout.check_driver(driver, others)
        places = volumes.choose(model, rollout.held_volumes(), rollout.nodes(), rollout.busy(), move_volumes)
        live = generations.without_left(subnets, rollout.record().networks)
        for step, networks in generations.steps(volumes.pinned(model, places), live):
            actual = rollout.actual()
            before = rollout.record()
            wanted = rollout.desired(step, networks, actual, before, publish_mode, carrier, others)
            record = of_model(before, step, stack, networks, driver)
            results.append(_carry_out(rollout, actual, before, wanted, record, timeout, check, places))
            if check:
                # What comes after depends on it; the first step names all services that restart.
                break
    if not check and len(subnets) > len(networks):
        rollout.release_left()
    return {**results[-1], **_joined(results)}


def _joined(results: list[Result]) -> Result:
    """What several steps did, one after the other."""
    return {
        "changed": any(result["changed"] for result in results),
        "plan": [change for result in results for change in result["plan"]],
        "diff": [result["diff"] for result in results],
    }


def scale(rollout: Rollout, counts: dict[str, int], timeout: float, check: bool) -> Result:
    """Change the number of instances of some services and nothing else; NotScalable where one cannot have it."""
    actual = rollout.actual()
    before = rollout.record()
    services = scaled(rollout.deployment, actual.services, counts)
    record = replace(
        before,
        services={**before.services, **counts},
        scaled={**before.scaled, **{name: count for name, count in counts.items() if name not in before.stated}},
    )
    notes = tuple(
        f"service {name}: the stack's file states its replicas, so the next deploy goes back to that number"
        for name in sorted(counts)
        if name in before.stated
    )
    wanted = _as_it_is(rollout, actual, services, notes)
    return _carry_out(rollout, actual, before, wanted, record, timeout, check)


def roll_back(rollout: Rollout, number: int | None, timeout: float, check: bool) -> Result:
    """Go back to a kept revision; without a number to the one before the present one."""
    actual = rollout.actual()
    before = rollout.record()
    numbers = rollout.kept_revisions()
    if number is None and len(numbers) < 2:
        raise NoRevision(f"there is nothing to go back to: {'only one' if numbers else 'no'} revision is kept")
    target = rollout.revision(numbers[-2] if number is None else number)
    wanted = _of_revision(actual, target)
    record = replace(target.record, revision=before.revision)
    lost = rollout.lost(record)
    if lost:
        raise NoRevision(
            f"revision {target.record.revision} was on subnet "
            f"{', '.join(f'{record.networks[name]} (network {name})' for name in lost)}, which the deployment has left "
            "since then: deploy the stack's file of that time instead"
        )
    places = volumes.as_pinned(rollout.deployment, rollout.held_volumes(), target.services.values())
    return _carry_out(rollout, actual, before, wanted, record, timeout, check, places)


def remove(rollout: Rollout, with_volumes: bool, timeout: float, check: bool) -> Result:
    """Remove all of the deployment but its subnets and, on the nodes, its volumes.

    :param with_volumes: the volumes are removed as well, so nobody needs to know where they were.
    """
    actual = rollout.actual()
    todo = removal(actual)
    rollout.check_alone(actual.networks)
    changed = bool(todo) or rollout.exists() or (with_volumes and bool(rollout.held_volumes()))
    result: Result = {"changed": changed, "plan": as_data(todo), "diff": as_diff(todo), "notes": []}
    if changed and not check:
        for line in as_lines(result["plan"]):
            rollout.tell(line)
        with _telling(result):
            rollout.remove(timeout)
        rollout.forget(with_volumes)
    return result


@contextmanager
def _leaving_nothing(rollout: Rollout, allocated: Collection[str]) -> Iterator[None]:
    """What is refused before anything was made keeps no subnet that was allocated for it."""
    try:
        yield
    except Exception:
        if allocated and not rollout.begun:
            rollout.release_left(allocated)
        raise


def _carry_out(
    rollout: Rollout,
    actual: Actual,
    before: Record,
    wanted: Desired,
    record: Record,
    timeout: float,
    check: bool,
    places: dict[str, str] | None = None,
) -> Result:
    """Plan and apply; a change that fails goes back to the revision that was whole.

    :param places: which node holds which volume from now on.
    """
    previous = rollout.previous()
    wanted = replace(wanted, kept=_kept(previous, wanted, actual))
    rollout.check_room(wanted)
    rollout.check_addresses(wanted, record)
    todo = rollout.plan(wanted, actual)
    changed = bool(todo) or record != before
    record = replace(record, revision=before.revision + 1) if changed else before
    result: Result = {
        "changed": changed,
        "plan": as_data(todo),
        "diff": as_diff(todo),
        "notes": list(wanted.warnings),
        "revision": record.revision,
    }
    if check:
        return result
    for line in as_lines(result["plan"]):
        rollout.tell(line)
    if places is not None:
        rollout.hold_volumes(places)
    with _telling(result):
        try:
            placed = rollout.apply(todo, wanted, record, timeout)
        except (RolloutError, EngineError) as cause:
            error = cause if isinstance(cause, RolloutError) else RolloutError(str(cause))
            if changed and previous is not None:
                _undo(rollout, previous, actual, timeout, error)
            elif changed:
                error.args = (
                    f"{error}; there is no revision to go back to: deploy again when the cause is gone, or remove it",
                )
            raise error from cause
    if changed:
        rollout.keep(record, wanted)
    return {**result, "placements": placed}


def _undo(rollout: Rollout, previous: Revision, before: Actual, timeout: float, error: RolloutError) -> None:
    """Bring back the revision that was whole, and say in the error whether that worked.

    :param before: what the failed change found; what it had created besides goes again.
    """
    wanted = _of_revision(before, previous)
    number = previous.record.revision
    try:
        # Its services go back to the nodes that they were pinned to.
        rollout.hold_volumes(volumes.as_pinned(rollout.deployment, rollout.held_volumes(), previous.services.values()))
        rollout.apply(rollout.plan(wanted, rollout.actual()), wanted, previous.record, timeout)
    except (RolloutError, EngineError) as second:
        error.args = (f"{error}; going back to revision {number} failed too: {second}",)
        return
    error.args = (f"{error}; the deployment is back at revision {number}",)


def _kept(previous: Revision | None, wanted: Desired, actual: Actual) -> frozenset[str]:
    """Secrets and configs to keep although nothing refers to them: what going back by one needs.

    When nothing changes, nothing is collected either: a second run finds nothing to do.
    """
    files = replace(actual, secrets=frozenset(wanted.secrets), configs=frozenset(wanted.configs))
    if not plan(wanted, files):
        return actual.secrets | actual.configs
    return previous.files if previous else frozenset()


def _of_revision(actual: Actual, revision: Revision) -> Desired:
    gone = sorted(revision.files - actual.secrets - actual.configs)
    if gone:
        raise NoRevision(
            f"revision {revision.record.revision} used {', '.join(gone)}, which no longer exist: "
            "deploy from the stack's file instead"
        )
    return Desired(
        deployment=revision.record.deployment,
        services=revision.services,
        networks=revision.networks,
        kept=actual.secrets | actual.configs,
    )


def _as_it_is(rollout: Rollout, actual: Actual, services: dict[str, Spec], notes: tuple[str, ...]) -> Desired:
    return Desired(
        deployment=rollout.deployment,
        services=services,
        networks=actual.networks,
        warnings=notes,
        kept=actual.secrets | actual.configs,
    )


@contextmanager
def _telling(result: Result) -> Iterator[None]:
    """A failure from here on tells what had been changed before it."""
    try:
        yield
    except RolloutError as error:
        error.result = result
        raise
