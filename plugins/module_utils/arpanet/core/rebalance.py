"""Which instances move so that nodes carry as much as they can evenly: as few as possible, and none without a gain.

Swarm places a new instance on the node with the fewest instances of its service, of those on the one with
the fewest of all. A move is planned to where Swarm would put it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import names
from .convergence import Task
from .placements import hostname
from .spec import Spec
from .surge import Move, allowed, most_on_one, restored, stays, stops_first


@dataclass(frozen=True)
class Shift:
    """Instances of a service that leave one node (by id), and where they are expected."""

    move: Move
    node: str
    to: tuple[str, ...]


def plan(services: Mapping[str, Spec], tasks: Iterable[Task], nodes: Mapping[str, Spec]) -> list[Shift]:
    """The shifts that even things out; none when they are even.

    :param services: those that may move, by name, as `GET /services` answers.
    :param tasks: of all services of the swarm, as `GET /tasks` answers.
    :param nodes: by id, as `GET /nodes` answers.
    """
    living = [task for task in tasks if stays(task) and task.get("NodeID")]
    load = Counter(str(task["NodeID"]) for task in living)
    places: dict[str, dict[str, int]] = {}
    for name, service in sorted(services.items()):
        # A move that was broken off keeps it off a node no longer.
        spec = restored(service["Spec"])
        if not _movable(spec):
            continue
        may = {node["ID"] for node in allowed(spec, nodes.values())}
        here = Counter(str(task["NodeID"]) for task in living if task["ServiceID"] == service["ID"])
        # What is on a node that takes no tasks is drain's business.
        if len(may) > 1 and set(here) <= may:
            places[name] = {node: here[node] for node in sorted(may)}
    before = {name: dict(here) for name, here in places.items()}
    while found := _best(places, load, services):
        name, source, target = found
        places[name][source] -= 1
        places[name][target] += 1
        load[source] -= 1
        load[target] += 1
    return [
        Shift(Move(services[name]["Spec"]["Labels"][names.LABEL_DEPLOYMENT], name, len(to)), source, tuple(to))
        for name, here in places.items()
        for source, to in _net(before[name], here, {key: hostname(node) for key, node in nodes.items()}).items()
    ]


def _net(before: Mapping[str, int], after: Mapping[str, int], hosts: Mapping[str, str]) -> dict[str, list[str]]:
    """Node to the names of those that its instances go to. What went on from where it came to has moved once."""
    free = sorted(hosts[node] for node in after for _ in range(after[node] - before[node]))
    found: dict[str, list[str]] = {}
    for node in sorted(before):
        count = before[node] - after[node]
        if count > 0:
            found[node], free = free[:count], free[count:]
    return found


def _best(
    places: Mapping[str, Mapping[str, int]], load: Mapping[str, int], services: Mapping[str, Spec]
) -> tuple[str, str, str] | None:
    """The move that gains most: first within a service, then between nodes. Every move makes the sum of squares
    smaller, so there is an end to it."""
    best: tuple[tuple[int, int], str, str, str] | None = None
    for name, here in places.items():
        limit = most_on_one(services[name]["Spec"])
        for source in here:
            if not here[source]:
                continue
            others = [node for node in here if node != source and not (limit and here[node] >= limit)]
            if not others:
                continue
            target = min(others, key=lambda node: (here[node], load[node], node))
            within, between = here[source] - here[target], load[source] - load[target]
            if within < 1 or (within == 1 and between < 2):
                continue
            if best is None or (within, between) > best[0]:
                best = ((within, between), name, source, target)
    return best[1:] if best else None


def _movable(spec: Spec) -> bool:
    """Whether a service has instances to move; one with preferences of its own is where it wants to be, and to be
    spread evenly is not worth a gap."""
    placement = spec["TaskTemplate"].get("Placement") or {}
    return "Replicated" in spec["Mode"] and not placement.get("Preferences") and not stops_first(spec)


def text(shifts: Iterable[Shift], nodes: Mapping[str, Spec]) -> list[str]:
    """A line for each shift."""
    return [
        f"~ service {shift.move.service} ({shift.move.count} instance{'s' if shift.move.count > 1 else ''} "
        f"from {hostname(nodes[shift.node])} to {', '.join(shift.to)})"
        for shift in shifts
    ]
