"""Looks after this node's Weave, and tells the cluster how it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from ...adapters.consul import Consul, ConsulError
from ...adapters.engine import EngineError
from ...adapters.nft import NftError
from ...adapters.weave_data import WeaveData
from ...adapters.weave_router import Router, RouterError
from ...core import names
from ...core.fence import Fence, fence
from ...core.plugins import DISABLE, ENABLE, Installed
from ...core.weave import Gate, State, gates, read, targets_change, to_reclaim

log = logging.getLogger(__name__)

# A router that does not answer for so many seconds is started anew, and not more often than this.
PATIENCE = 30.0


class Node(Protocol):
    """This node's Engine, as far as Weave goes."""

    def plugin(self) -> Installed | None:
        """The plugin."""

    def switch(self, steps: list[str]) -> None:
        """Enable or disable the plugin."""

    def member(self) -> str:
        """This node's id in its swarm; empty while it is in none."""

    def networks(self) -> list[dict[str, Any]]:
        """The plugin's networks, as the Engine shows each."""

    def gates(self) -> list[Gate]:
        """The swarm's nodes that are up; only a manager can tell."""

    def set_gate(self, gate: Gate) -> None:
        """Mark a node of the swarm, or take the mark away."""


class Guard:
    """One look: the plugin runs, the router knows its peers, the rules are in place, the record says so.

    The Engine itself starts an enabled plugin before it starts tasks. Where the plugin does not come up, the leading
    node's guard marks the node, and tasks on Weave stay away from it.
    """

    def __init__(
        self,
        node: Node,
        data: WeaveData,
        router: Router,
        consul: Consul,
        apply: Callable[[Fence], None],
        *,
        name: str,
        address: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node = node
        self._data = data
        # The member that the router's data is of, as far as this process has seen to it.
        self._member = ""
        self._router = router
        self._consul = consul
        self._apply = apply
        self._name = name
        self._address = address
        self._clock = clock
        self._well = clock()
        self._written: dict[str, Any] | None = None
        # By node, and whether its guard was stopped.
        self._unready: dict[tuple[str, bool], float] = {}
        self._complaint = ""

    def look(self, whole: bool = True) -> State:
        """Look once. A poke, between two whole looks, is about containers alone."""
        unfenced = self._fence()
        if not whole:
            return State()
        state = self._state()
        try:
            self._tell({**state.as_value(self._name), "fence": unfenced or "on"})
        finally:
            # Also while Consul does not answer.
            self._keep_alive(state)
        try:
            if not state.unready:
                self._follow(state)
            if self._leads():
                self._lead(state)
        except (RouterError, EngineError) as error:
            self._complain(str(error))
        return state

    def _state(self) -> State:
        try:
            plugin = self._node.plugin()
            if plugin is None:
                return State(unready="its plugin is not installed")
            if not plugin.enabled:
                log.info("enabling the plugin")
                self._node.switch([ENABLE])
            self._belong()
            return read(self._router.report())
        except RouterError as error:
            return State(unready=str(error))
        except EngineError as error:
            return State(unready=f"its plugin does not start: {error}")
        except OSError as error:
            return State(unready=f"its database cannot be had: {error}")

    def _belong(self) -> None:
        """A node that is in the swarm anew starts without the ranges it had: others have taken them over meanwhile,
        and two routers that both call a range their own refuse to connect."""
        member, before = self._node.member(), self._data.member()
        if not member or member in (before, self._member):
            return
        if before:
            log.warning("the node is in the swarm anew: its router forgets the ranges that it had")
            self._data.forget()
            self._node.switch([DISABLE, ENABLE])
        # Last, so that whoever is cut off in between does it again.
        self._member = member
        try:
            self._data.set_member(member)
        except OSError as error:
            # No reason to think worse of a router that works.
            log.warning("it cannot be written down whose the router's data is: %s", error)

    def _keep_alive(self, state: State) -> None:
        """What has not answered for long is switched off and on, and then not again for as long."""
        if state.unready and self._clock() - self._well <= PATIENCE:
            return
        self._well = self._clock()
        if not state.unready:
            return
        try:
            plugin = self._node.plugin()
            if plugin is not None and plugin.enabled:
                log.warning("%s: starting the plugin anew", state.unready)
                self._node.switch([DISABLE, ENABLE])
        except EngineError as error:
            self._complain(str(error))

    def _follow(self, state: State) -> None:
        """The router connects to the cluster's nodes, and to no others."""
        nodes = self._consul.list(names.NODES_PREFIX)
        addresses = [str(entry.value.get("address") or "") for entry in nodes.values()]
        peers = targets_change(state, addresses, self._address)
        if peers is not None:
            log.info("peers: %s", ", ".join(peers) or "none")
            self._router.connect(peers)

    def _lead(self, state: State) -> None:
        """What one does for all: take back ranges that nobody owns any more, mark nodes that are not ready."""
        if state.lost:
            nodes = [key.removeprefix(names.NODES_PREFIX) for key in self._consul.list(names.NODES_PREFIX)]
            for peer in to_reclaim(state.lost, nodes):
                log.info("reclaim ranges of %s: %s", peer, self._router.reclaim(peer))
        known = self._consul.list(names.WEAVE_PREFIX)
        records = {key.removeprefix(names.WEAVE_PREFIX): entry.value for key, entry in known.items()}
        there = self._node.gates()
        now = self._clock()
        # A node whose guard starts again is counted anew: it was not ready because its guard was stopped.
        unready = {
            (node.name, bool(records.get(node.name, {}).get("stopped")))
            for node in there
            if not records.get(node.name, {}).get("ready")
        }
        self._unready = {key: self._unready.get(key, now) for key in unready}
        for gate in gates(there, records, {name: now - since for (name, _), since in self._unready.items()}):
            log.info("tasks on Weave %s %s", "may go to" if gate.open else "stay away from", gate.name)
            self._node.set_gate(gate)

    def _leads(self) -> bool:
        try:
            held = self._consul.get(names.LEADER_KEY)
        except ConsulError:
            # A worker may not even ask.
            return False
        return bool(held.session) and held.value.get("node") == self._name

    def _fence(self) -> str:
        """Why networks are not kept apart; empty where they are."""
        try:
            self._apply(fence(self._node.networks()))
        except (EngineError, NftError) as error:
            self._complain(str(error))
            return str(error)
        return ""

    def _complain(self, why: str) -> None:
        """Once, not at every look."""
        if why != self._complaint:
            log.warning("%s", why)
        self._complaint = why

    def _tell(self, value: dict[str, Any]) -> None:
        key = names.weave_key(self._name)
        if value != self._written and self._consul.get(key).value != value:
            self._consul.put(key, value)
            log.info("write %s: %s", key, value["why"] or f"{value['path'] or 'no peer yet'}, {value['connections']}")
        self._written = value

    def forgotten(self) -> None:
        """Say nothing any more: the node is to have no Weave."""
        self._consul.delete(names.weave_key(self._name))

    def stopped(self) -> None:
        """Say that nobody looks any more."""
        value = {
            **State(unready="arpanet-weave.service is stopped there").as_value(self._name),
            "fence": "kept as it was",
            "stopped": True,
        }
        self._consul.put(names.weave_key(self._name), value)
