"""In which order services start: `depends_on` and its three conditions, across nodes.

Swarm starts everything at once. Here a service is created, or updated, only when what it depends
on has come as far as it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .support import Unsupported

STARTED, HEALTHY, COMPLETED = "service_started", "service_healthy", "service_completed_successfully"

Needs = Mapping[str, Mapping[str, str]]


def needs(services: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """service -> what it waits for: {service: condition}. Unsupported when that goes in a circle.

    A link is no reason to wait: the name answers as soon as somebody is there. The reference
    implementation writes links down as `depends_on` with `restart: true`.
    """
    found: dict[str, dict[str, str]] = {}
    for name, service in services.items():
        linked = {str(link).partition(":")[0] for link in service.get("links") or []}
        found[name] = {
            other: need.get("condition", STARTED)
            for other, need in (service.get("depends_on") or {}).items()
            if other in services and not (other in linked and need.get("restart") and need.get("condition") == STARTED)
        }
    _refuse_circles(found)
    return found


def one_off(services: dict[str, dict[str, Any]]) -> frozenset[str]:
    """Services that others wait for to complete: they run once, as jobs."""
    return frozenset(
        other
        for service in services.values()
        for other, need in (service.get("depends_on") or {}).items()
        if need.get("condition") == COMPLETED
    )


def startable(pending: Iterable[str], waits: Needs, arrived: Callable[[str, str], bool]) -> list[str]:
    """Those of `pending` whose needs are met.

    :param arrived: whether a service has come as far as a condition asks.
    """
    waiting = set(pending)
    return sorted(
        name
        for name in waiting
        if all(other not in waiting and arrived(other, need) for other, need in waits.get(name, {}).items())
    )


def _refuse_circles(waits: Needs) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise Unsupported(f"depends_on goes in a circle: {circle}")
        if name not in done:
            for other in waits.get(name, {}):
                visit(other, (*path, name))
            done.add(name)

    for name in waits:
        visit(name, ())
