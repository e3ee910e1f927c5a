"""This node's Engine, as far as its Weave goes: the plugin, the networks of its driver, who is on them.

Every failure is an EngineError; after one the next call connects anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import docker.errors

from ..core import names
from ..core.drivers import OFF
from ..core.placements import hostname
from ..core.plugins import Installed
from ..core.swarm import ACTIVE
from ..core.weave import Gate
from .engine import DEFAULT_URL, Engine, EngineError
from .plugins import Plugins
from .swarm import local

R = TypeVar("R")

# Seconds for a plugin to answer after it was started, and for the Engine to answer anything.
_START, _TIMEOUT = 60, 120


class WeaveNode:
    """One Engine, by its address. Not for several threads at once."""

    def __init__(self, plugin: str, url: str = DEFAULT_URL) -> None:
        self._plugin = plugin
        self._url = url
        self._engine: Engine | None = None

    def plugin(self) -> Installed | None:
        """The plugin; None where it is not installed."""
        return self._with(lambda engine: Plugins(engine, _START).find(self._plugin))

    def switch(self, steps: list[str]) -> None:
        """Disable or enable the plugin (core.plugins.DISABLE, ENABLE)."""
        self._with(lambda engine: Plugins(engine, _START).apply(self._plugin, steps, None))

    def member(self) -> str:
        """This node's id in its swarm; empty while it is in none."""
        here = local(self._with(lambda engine: engine.info()))
        return here.node_id if here.state == ACTIVE else ""

    def networks(self) -> list[dict[str, Any]]:
        """Those of the plugin, each as `GET /networks/<id>` answers: with the ends of this node's containers, which a
        list of containers has only once they run."""
        return self._with(lambda engine: _networks(engine, self._plugin))

    def gates(self) -> list[Gate]:
        """The swarm's nodes that are up, and whether tasks on Weave may go there; only a manager can tell."""
        nodes = self._with(lambda engine: engine.nodes())
        return [
            Gate(node["ID"], hostname(node), (node["Spec"].get("Labels") or {}).get(names.LABEL_WEAVE) != OFF)
            for node in nodes
            if node["Status"]["State"] == "ready"
        ]

    def set_gate(self, gate: Gate) -> None:
        """Mark a node of the swarm, or take the mark away."""
        self._with(lambda engine: _mark(engine, gate))

    def changes(self) -> Iterator[None]:
        """Something for each container that joins or leaves a network, and once at the beginning."""
        engine = Engine(self._url, timeout=_TIMEOUT)
        filters = {"type": ["network"], "event": ["connect", "disconnect"]}
        with engine.asking("following networks"):
            stream = engine.api.events(filters=filters, decode=True)
            yield None
            for _ in stream:
                yield None

    def _with(self, call: Callable[[Engine], R]) -> R:
        try:
            self._engine = self._engine or Engine(self._url, timeout=_TIMEOUT)
            return call(self._engine)
        except EngineError:
            self._engine = None
            raise


def _mark(engine: Engine, gate: Gate) -> None:
    with engine.asking(f"marking node {gate.name}"):
        node = engine.api.inspect_node(gate.id)
        labels = {key: value for key, value in (node["Spec"].get("Labels") or {}).items() if key != names.LABEL_WEAVE}
        if not gate.open:
            labels[names.LABEL_WEAVE] = OFF
        engine.api.update_node(gate.id, node["Version"]["Index"], {**node["Spec"], "Labels": labels})


def _networks(engine: Engine, driver: str) -> list[dict[str, Any]]:
    with engine.asking("looking at networks"):
        found = []
        for item in engine.api.networks(filters={"driver": driver}):
            # It may have gone since the list was made.
            with contextlib.suppress(docker.errors.NotFound):
                found.append(dict(engine.api.inspect_network(item["Id"])))
        return found
