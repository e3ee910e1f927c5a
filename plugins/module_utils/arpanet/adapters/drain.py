"""Draining a node and letting it take instances again: read, plan, apply, wait.

Both return {changed, text, diff}.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..core.convergence import progress
from ..core.placements import OVER
from ..core.spec import Spec
from ..core.surge import Leaving, allowed, leaving, stays
from ..core.swarm import Member, NodeChange
from .elections import patiently
from .surge import Surge
from .swarm import Swarm

Result = dict[str, Any]

_POLL_SECONDS = 0.3


class DrainError(Exception):
    """The node is not drained; the message says what keeps it, and what to do."""


def drain(surge: Surge, swarm: Swarm, member: Member, stop_stuck: bool, check: bool) -> Result:
    """Move everything off the node, replacements first where they may be, then let Swarm stop what is left there."""
    # A node that is down has nothing that could be moved: Swarm has started its instances elsewhere.
    up = member.state == "ready"
    todo = _leaving(surge, member) if up else Leaving((), {}, {})
    if todo.stuck and not stop_stuck and member.availability != "drain":
        raise DrainError(_refusal(todo.stuck, member.hostname))
    changed = member.availability != "drain" or bool(todo.moves) or bool(surge.unfinished(member.id))
    result = _result(changed, _text(todo, member, "drain"), member, "drain")
    if check:
        return result
    if changed:
        for line in result["text"].splitlines():
            surge.tell(line)
        _empty(surge, swarm, member, todo, stop_stuck)
    # Also what an earlier run did not see stop: whoever asks switches the node off next.
    if up:
        _until(lambda: not _there(surge, member), surge.timeout, f"instances on {member.hostname} are still stopping")
    return result


def _empty(surge: Surge, swarm: Swarm, member: Member, todo: Leaving, stop_stuck: bool) -> None:
    """Move what can move, and have Swarm stop the rest. :raises DrainError: the node is as it was."""
    if member.state == "ready" and member.availability != "drain":
        # Nothing new comes, and Swarm leaves alone what the moves' constraints exclude there.
        _set(swarm, member, "pause")
        # What had come until then moves as well.
        todo = _leaving(surge, member)
        stuck = [] if stop_stuck else [f"service {name}: {why}" for name, why in todo.stuck.items()]
        reasons = stuck or _moved(surge, swarm, member, todo)
        if reasons:
            _set(swarm, member, member.availability)
            how = "give these instances another place" + (", or stop them with -e stop_pinned=true" if stuck else "")
            raise DrainError(f"{'; '.join(reasons)}. {member.hostname} is {member.availability} as before; {how}")
    surge.tidy(member.id)
    _set(swarm, member, "drain")


def activate(surge: Surge, swarm: Swarm, member: Member, check: bool) -> Result:
    """Let the node take instances, and wait for those that only it can run."""
    unfinished = surge.unfinished(member.id)
    changed = member.availability != "active" or bool(unfinished)
    lines = [f"~ service {name} (may run on {member.hostname} again)" for name in sorted(unfinished)]
    if member.availability != "active":
        lines.append(f"~ node {member.hostname}: {member.availability} -> active")
    result = _result(changed, "\n".join(lines) or f"{member.hostname} takes instances already", member, "active")
    if check:
        return result
    if changed:
        for line in lines:
            surge.tell(line)
        surge.tidy(member.id)
        _set(swarm, member, "active")
    if member.state == "ready":
        _until(
            lambda: _has_its_own(surge, member),
            surge.timeout,
            f"instances that belong on {member.hostname} do not run there",
        )
    return result


def _leaving(surge: Surge, member: Member) -> Leaving:
    engine = surge.engine
    nodes = {node["ID"]: node for node in patiently(engine.nodes)}
    return leaving(patiently(engine.services), patiently(engine.tasks), nodes, member.id)


def _moved(surge: Surge, swarm: Swarm, member: Member, todo: Leaving) -> list[str]:
    """Why moves were not made. What ends the moves altogether leaves the node as it was, too."""
    try:
        return surge.move(todo.moves, member.id)
    except BaseException:
        _set(swarm, member, member.availability)
        raise


def _there(surge: Surge, member: Member) -> bool:
    return any(
        task.get("NodeID") == member.id and task["Status"]["State"] not in OVER
        for task in patiently(surge.engine.all_tasks)
    )


def _has_its_own(surge: Surge, member: Member) -> bool:
    """Whether services on every node, and those that no other node may run, are as they should be."""
    engine = surge.engine
    nodes = {node["ID"]: node for node in patiently(engine.nodes)}
    tasks = patiently(engine.tasks)
    for service in patiently(engine.services).values():
        spec: Spec = service["Spec"]
        where = {node["ID"] for node in allowed(spec, nodes.values())}
        if member.id not in where or not ("Global" in spec["Mode"] or where == {member.id}):
            continue
        own = [task for task in tasks if task["ServiceID"] == service["ID"]]
        here = [task for task in own if task.get("NodeID") == member.id and stays(task)]
        running = any(task["Status"]["State"] == "running" for task in here)
        if not running and not progress(service, own, nodes, "").done:
            return False
    return True


def _set(swarm: Swarm, member: Member, availability: str) -> None:
    patiently(lambda: swarm.apply(NodeChange("update", member.id, member.hostname, {}, {"availability": availability})))


def _until(done: Callable[[], bool], timeout: float, what: str) -> None:
    deadline = time.monotonic() + timeout
    while not done():
        if time.monotonic() > deadline:
            raise DrainError(f"{what} after {timeout:.0f} s; status.yml shows which, and the same can be run again")
        time.sleep(_POLL_SECONDS)


def _refusal(stuck: dict[str, str], node: str) -> str:
    reasons = "; ".join(f"service {name}: {why}" for name, why in stuck.items())
    return (
        f"{reasons}. Nothing was changed. To stop these instances until {node} is active again, use "
        "-e stop_pinned=true; to let a volume go and start empty elsewhere, deploy.yml … -e move_volumes="
    )


def _text(todo: Leaving, member: Member, availability: str) -> str:
    lines = [
        f"~ service {move.service} ({move.count} instance{'s' if move.count > 1 else ''} to other nodes"
        + (f", stopped here first: {move.stops})" if move.stops else ")")
        for move in todo.moves
    ]
    lines += [
        f"- service {name} (stops on {member.hostname}: {why})" for name, why in {**todo.stuck, **todo.stopped}.items()
    ]
    if member.availability != availability:
        lines.append(f"~ node {member.hostname}: {member.availability} -> {availability}")
    return "\n".join(lines) or f"{member.hostname} is drained"


def _result(changed: bool, text: str, member: Member, availability: str) -> Result:
    before, after = (f"{member.hostname}: {one}\n" for one in (member.availability, availability))
    return {"changed": changed, "text": text, "diff": {"before": before, "after": after} if changed else {}}
