"""Moving instances off a node so that each replacement is healthy before the old instance stops, where both may run.

Swarm itself stops first when a node is drained. But it replaces a task whose node its service's
constraints exclude in the way that the service is updated, instance numbers kept, and leaves alone
every task whose node they allow. So for the time of a move a service excludes the node and starts
first; then it is what it was again, and that restarts nothing.

Two instances at once are damaged data where both write to one volume, and they cannot share an address. Such a
service, and one whose stack says so, is updated stop-first, and so is it moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import names
from .constraints import may_run
from .convergence import Progress, Task
from .placements import OVER, hostname, is_wanted
from .spec import Spec

_SECOND = 10**9
# Longer than any move takes: Swarm waits so long before it would take the next ones.
_HOLD = 24 * 3600 * _SECOND


@dataclass(frozen=True)
class Move:
    """So many instances of a service (by its name in Swarm) leave a node.

    `stops` says why each stops before it starts elsewhere; it is empty where the replacement comes first.
    """

    deployment: str
    service: str
    count: int
    stops: str = ""


@dataclass(frozen=True)
class Leaving:
    """What becomes of the instances on a node that is drained, by services' names in Swarm.

    `stuck` says why instances cannot run elsewhere, `stopped` why those that just stop do so.
    """

    moves: tuple[Move, ...]
    stuck: dict[str, str]
    stopped: dict[str, str]


def moved_off(spec: Spec, node: str, count: int = 0) -> Spec:
    """A service's specification while `count` of its instances leave a node; 0 for all of them."""
    template = spec["TaskTemplate"]
    placement = template.get("Placement") or {}
    update = spec.get("UpdateConfig") or {}
    stops = stops_first(spec)
    # Replacements may all come at once; of those that have to stop before, no more than in an update.
    at_once = update.get("Parallelism", 1) if stops else 0
    before = {"node": node, "placement": template.get("Placement"), "update": spec.get("UpdateConfig")}
    return {
        **spec,
        "Labels": {**(spec.get("Labels") or {}), names.LABEL_SURGE: json.dumps(before, sort_keys=True)},
        "TaskTemplate": {
            **template,
            "Placement": {**placement, "Constraints": [*(placement.get("Constraints") or []), f"node.id!={node}"]},
        },
        "UpdateConfig": {
            "Parallelism": count or at_once,
            "Delay": _HOLD if count else 0,
            "FailureAction": "pause",
            "Monitor": _SECOND,
            "MaxFailureRatio": 0,
            "Order": "stop-first" if stops else "start-first",
        },
    }


def stops_first(spec: Spec) -> str:
    """Why instances of a service stop before they start on another node; empty where the replacement comes first.

    What makes an update stop-first by default (core.services), a fixed port aside.
    """
    if (spec.get("UpdateConfig") or {}).get("Order") == "start-first":
        return ""
    container = spec["TaskTemplate"]["ContainerSpec"]
    if names.LABEL_ADDRESSES in (container.get("Labels") or {}):
        return "two cannot have its address"
    for mount in container.get("Mounts") or []:
        if mount.get("Type") in ("volume", "bind") and not mount.get("ReadOnly"):
            return f"two would write to {mount.get('Source') or mount['Target']}"
    # On another node the port is free. An order that the stack states looks like the default that it makes.
    return "" if _fixed_port(spec) else "its update_config.order is stop-first"


def surging(spec: Spec) -> str:
    """The id of the node that a service's instances are leaving; empty when there is none."""
    kept = (spec.get("Labels") or {}).get(names.LABEL_SURGE)
    return str(json.loads(kept)["node"]) if kept else ""


def restored(spec: Spec) -> Spec:
    """The specification as it was before `moved_off`."""
    kept = (spec.get("Labels") or {}).get(names.LABEL_SURGE)
    if not kept:
        return spec
    before = json.loads(kept)
    template = {**spec["TaskTemplate"], "Placement": before["placement"]}
    labels = {key: value for key, value in spec["Labels"].items() if key != names.LABEL_SURGE}
    return {**spec, "Labels": labels, "TaskTemplate": template, "UpdateConfig": before["update"]}


def leaving(services: Mapping[str, Spec], tasks: Iterable[Task], nodes: Mapping[str, Spec], node: str) -> Leaving:
    """What happens to the instances on a node when all of them have to go.

    :param services: by name, as `GET /services` answers.
    :param tasks: as `GET /tasks` answers.
    :param nodes: by id, as `GET /nodes` answers.
    """
    moves, stuck, stopped = [], {}, {}
    here: dict[str, int] = {}
    for task in tasks:
        if task.get("NodeID") == node and stays(task):
            here[task["ServiceID"]] = here.get(task["ServiceID"], 0) + 1
    for name, service in sorted(services.items()):
        count = here.get(service["ID"], 0)
        spec = restored(service["Spec"])
        if not count:
            continue
        if "Global" in spec["Mode"] or "GlobalJob" in spec["Mode"]:
            stopped[name] = "it runs on every node"
        elif "Replicated" not in spec["Mode"]:
            stopped[name] = "it is a job and starts again on another node"
        elif why := _nowhere(spec, nodes, node):
            stuck[name] = why
        else:
            moves.append(Move(spec["Labels"][names.LABEL_DEPLOYMENT], name, count, stops_first(spec)))
    return Leaving(tuple(moves), stuck, stopped)


def stays(task: Task) -> bool:
    """Whether Swarm means a task to live."""
    return is_wanted(task) and task["Status"]["State"] not in OVER


def has_moved(state: Progress, tasks: list[Task], node: str, keep: int) -> bool:
    """Whether no more than `keep` instances are left on a node and the others run elsewhere.

    :param state: how far the service is.
    :param tasks: its tasks.
    """
    here = [task for task in tasks if task.get("NodeID") == node and task["Status"]["State"] not in OVER]
    left = [task for task in here if stays(task)]
    gone = len(left) <= keep and len(left) == len(here)
    return gone and state.running >= state.wanted - len(left)


def allowed(spec: Spec, nodes: Iterable[Spec]) -> list[Spec]:
    """The nodes that take a service's tasks."""
    placement = spec["TaskTemplate"].get("Placement") or {}
    return [node for node in nodes if may_run(placement, node)]


def most_on_one(spec: Spec) -> int:
    """How many instances of a service fit on one node; 0 for any number."""
    if _fixed_port(spec):
        return 1
    return int((spec["TaskTemplate"].get("Placement") or {}).get("MaxReplicas") or 0)


def _fixed_port(spec: Spec) -> bool:
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return any(port.get("PublishMode") == "host" and port.get("PublishedPort") for port in ports)


def _nowhere(spec: Spec, nodes: Mapping[str, Spec], node: str) -> str:
    """Why a service's instances cannot all run on other nodes; empty when they can."""
    others = allowed(spec, (one for key, one in nodes.items() if key != node))
    if not others:
        placement = spec["TaskTemplate"].get("Placement") or {}
        constraints = placement.get("Constraints") or []
        platforms = [f"{one.get('OS', '')}/{one.get('Architecture', '')}" for one in placement.get("Platforms") or []]
        why = f"no other node may run it ({', '.join([*constraints, *platforms]) or 'none takes tasks'})"
        mounts = spec["TaskTemplate"]["ContainerSpec"].get("Mounts") or []
        volumes = [mount["Source"] for mount in mounts if mount.get("Type") == "volume" and mount.get("Source")]
        pinned = any(constraint.startswith("node.hostname==") for constraint in constraints)
        return f"its volume {volumes[0]} is on {hostname(nodes[node])}" if volumes and pinned else why
    limit, wanted = most_on_one(spec), int(spec["Mode"]["Replicated"].get("Replicas", 1))
    if limit and limit * len(others) < wanted:
        return (
            f"only {limit} of its instances may be on a node, for its port or by its placement, and {wanted} do not "
            f"fit on the {len(others)} others that may run it: scale it down first"
        )
    return ""
