"""A service, its tasks and the nodes, as Swarm lists them, and in brief how far the service is."""

from __future__ import annotations

import itertools
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import Progress, progress

Spec = dict[str, Any]

BEFORE, SINCE, AFTER = "2026-11-20T10:00:00.5Z", "2026-11-20T11:00:00.000000", "2026-11-20T12:00:00.123456789Z"
TEMPLATE: Spec = {"ContainerSpec": {"Image": "nginx:2"}, "RestartPolicy": {"Condition": "any"}}
OLD: Spec = {"ContainerSpec": {"Image": "nginx:1"}, "RestartPolicy": {"Condition": "any"}}

_ids = itertools.count()


def node(name: str, state: str = "ready", availability: str = "active", **labels: str) -> Spec:
    return {
        "ID": name,
        "Spec": {"Role": "worker", "Availability": availability, "Labels": labels},
        "Status": {"State": state},
        "Description": {"Hostname": name, "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }


NODES = {name: node(name) for name in ("n1", "n2", "n3")}


def task(state: str, slot: int | None = 1, desired: str = "running", template: Spec = TEMPLATE, **more: Any) -> Spec:
    status = {"State": state, **({"Err": more.pop("err")} if "err" in more else {})}
    if "code" in more:
        status["ContainerStatus"] = {"ExitCode": more.pop("code")}
    return {
        "ID": f"t{next(_ids)}",
        "CreatedAt": more.pop("created", AFTER),
        "Spec": {**template, "ForceUpdate": 0},
        "NodeID": more.pop("node", "n1"),
        "DesiredState": desired,
        "Status": status,
        **({"Slot": slot} if slot else {}),
        **more,
    }


def running(slot: int | None = 1, **more: Any) -> Spec:
    return task("running", slot, **more)


def failed(slot: int | None = 1, **more: Any) -> Spec:
    return task("failed", slot, desired="shutdown", **{"err": "task: non-zero exit (1)", "code": 1, **more})


def over(slot: int | None = 1, **more: Any) -> Spec:
    return task("shutdown", slot, desired="shutdown", **more)


def service(mode: Spec | int = 1, template: Spec = TEMPLATE, update: Spec | None = None) -> Spec:
    return {
        "ID": "s",
        "Spec": {
            "Name": "abc_web",
            "Mode": {"Replicated": {"Replicas": mode}} if isinstance(mode, int) else mode,
            "TaskTemplate": {**template, "ForceUpdate": 0, "Runtime": "container"},
        },
        **({"UpdateStatus": update} if update else {}),
    }


def of(one: Spec, tasks: list[Spec], nodes: dict[str, Spec] | None = None) -> Progress:
    return progress(one, tasks, NODES if nodes is None else nodes, SINCE)


def brief(found: Progress) -> tuple[int, int, bool, bool]:
    return found.running, found.wanted, found.done, found.hopeless


DONE, GOING, LOST = (True, False), (False, False), (False, True)


def constrained(*constraints: str) -> Spec:
    return {**TEMPLATE, "Placement": {"Constraints": [*constraints]}}
