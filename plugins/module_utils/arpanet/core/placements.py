"""Where each instance is and what became of it, read from Swarm's task list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import generations, names
from .service_addresses import parse_label
from .spec import Spec, identity

# A task that waits out its restart delay is wanted `ready`, and one of a job `complete`.
_WANTED = frozenset({"ready", "running", "complete"})
# States of a task that runs no more, and those of one that did not end well.
OVER = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
BROKEN = frozenset({"failed", "rejected"})


def placements(
    deployment: str, services: Mapping[str, Spec], tasks: list[Spec], nodes: Mapping[str, Spec]
) -> list[dict[str, Any]]:
    """Where each wanted instance is, or was: one that ended well, and is not started again, has its place still.

    :param services: by name, as `GET /services` answers.
    :param tasks: as `GET /tasks` answers, those of other services among them.
    :param nodes: by id, as `GET /nodes` answers.
    :returns: [{instance, service, node, address, container, state, error, image}]; `error` is empty
        for an instance that runs, else why this task or the one before it in its place ended.
    """
    failures = _last_failures(tasks)
    placed = []
    for service, task in _counting(services, tasks):
        name = service["Spec"]["Labels"][names.LABEL_SERVICE]
        status = task["Status"]
        good = status["State"] in ("running", "complete")
        error = "" if good else status.get("Err") or failures.get(_instance(task), "")
        placed.append(
            {
                "instance": names.Instance(deployment, name, place(task).lower()).id,
                "service": name,
                "node": hostname(nodes.get(task.get("NodeID", ""), {})),
                "address": _address(task, deployment),
                "container": (status.get("ContainerStatus") or {}).get("ContainerID", ""),
                "state": status["State"],
                "error": error,
                "image": task["Spec"]["ContainerSpec"]["Image"],
            }
        )
    return sorted(placed, key=lambda where: (where["service"], len(where["instance"]), where["instance"]))


def _counting(services: Mapping[str, Spec], tasks: list[Spec]) -> Iterator[tuple[Spec, Spec]]:
    """(service, task) of each instance."""
    for service in services.values():
        own = [task for task in tasks if task["ServiceID"] == service["ID"]]
        yield from ((service, task) for task in own if is_wanted(task) and of_this_run(service, task))
        yield from ((service, task) for task in ended_well(service, own))


def is_wanted(task: Spec) -> bool:
    """Whether Swarm means a task to be there."""
    return task["DesiredState"] in _WANTED


def ended_well(service: Spec, tasks: list[Spec]) -> list[Spec]:
    """Tasks that have done what the service is there for, where its policy starts no others in their places.

    Swarm wants such a task no more, and its instance has arrived all the same.

    :param tasks: all of the service's: what was started in a place later is what counts there.
    """
    template = service["Spec"]["TaskTemplate"]
    if (template.get("RestartPolicy") or {}).get("Condition", "any") == "any":
        return []
    last = {place(task): task for task in sorted(tasks, key=lambda task: str(task["CreatedAt"]))}
    return [
        task
        for task in last.values()
        if task["DesiredState"] == "shutdown"
        and task["Status"]["State"] == "complete"
        and identity(task["Spec"]) == identity(template)
    ]


def place(task: Spec) -> str:
    """What the tasks of one instance have in common: a slot, or the node of a service that is on each."""
    return str(task.get("Slot") or task.get("NodeID", ""))


def of_this_run(service: Spec, task: Spec) -> bool:
    """Each change of a job is one more run of it; the tasks of earlier ones stay in the list."""
    return "JobStatus" not in service or _iteration(task) == _iteration(service["JobStatus"])


def _iteration(job: Spec) -> int:
    return int((job.get("JobIteration") or {}).get("Index") or 0)


def hostname(node: Spec) -> str:
    """A node's name from what `GET /nodes` answers for it."""
    return str((node.get("Description") or {}).get("Hostname", ""))


def _instance(task: Spec) -> tuple[str, str]:
    return task["ServiceID"], place(task)


def _last_failures(tasks: list[Spec]) -> dict[tuple[str, str], str]:
    broken = [task for task in tasks if task["Status"]["State"] in BROKEN]
    return {
        _instance(task): str(task["Status"].get("Err") or task["Status"].get("Message") or task["Status"]["State"])
        for task in sorted(broken, key=lambda task: str(task["Status"].get("Timestamp", "")))
    }


def _address(task: Spec, deployment: str) -> str:
    """The address in the deployment's network `default`, or in the first of its others.

    Swarm knows of no address but the one that it chose.
    """
    attached = {
        attachment["Network"]["Spec"]["Name"]: attachment["Addresses"]
        for attachment in task.get("NetworksAttachments") or []
        if attachment.get("Addresses")
    }
    labels = task["Spec"]["ContainerSpec"].get("Labels") or {}
    explicit = parse_label(labels.get(names.LABEL_ADDRESSES, ""))
    attached |= {network: [address] for network, address in explicit.items()}
    ours = [attached[name][0] for name in generations.in_order(deployment, attached)]
    return str(ours[0]).partition("/")[0] if ours else ""
