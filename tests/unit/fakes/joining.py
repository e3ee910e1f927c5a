"""A machine that joins and the cluster that it joins, in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.machine import MachineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import (
    Reply,
    SerfRefused,
    SerfSilent,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.door import Door
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import joining
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.files import Change, Found, Wanted
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import Welcome
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import ALIVE, Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import ACTIVE, INACTIVE, Local
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member as Node

KEY = base64.b64encode(b"k" * 32).decode()
WRONG = base64.b64encode(b"w" * 32).decode()
CA = "a" * 50
WORKER = f"SWMTKN-1-{CA}-worker"
MANAGER = f"SWMTKN-1-{CA}-manager"

Answerer = Callable[[bytes], bytes | None]


def given(token: str, managers: dict[str, bool]) -> Welcome:
    """What the managers give."""
    consul = {"gossip": "g", "ca": "c", "tokens": {"agent": "a", "dns": "d", "registrar": "r"}}
    return Welcome(token, managers, {"agent": {"interval": 30}, "serf": {"port": 7947}}, consul)


class FakeEngine:
    """The engine of one node. `cluster` is the swarm that its managers are of."""

    def __init__(self, local: Local | None = None, nodes: Sequence[Node] = ()) -> None:
        self.state = local or Local(INACTIVE)
        self.nodes = [*nodes]
        self.entered: list[tuple[Any, ...]] = []
        self.refuses = ""

    def local(self) -> Local:
        return self.state

    def members(self) -> list[Node]:
        return self.nodes

    def tokens(self) -> dict[str, str]:
        return {"worker": WORKER, "manager": MANAGER}

    def enter(
        self, action: str, address: str, managers: list[str], token: str, _timeout: float, availability: str
    ) -> None:
        if self.refuses:
            raise SwarmError(self.refuses)
        self.entered.append((action, address, tuple(managers), token, availability))
        self.state = Local(ACTIVE, node_id="new")

    def wait(self, timeout: float, manager: bool) -> Local:
        return self.state


def manager_engine(cluster: str = "ours", nodes: Sequence[Node] = ()) -> FakeEngine:
    own = [
        Node("m1", "node1", "manager", reachable=True, leader=True, address="10.0.0.1"),
        Node("m2", "node2", "manager", reachable=True, address="10.0.0.2"),
    ]
    return FakeEngine(Local(ACTIVE, "m1", cluster, True), [*own, *nodes])


def door(engine: FakeEngine, key: bytes = b"k" * 32) -> Door:
    return Door(engine, lambda: [key], given)


class FakeGossip:
    """Members by name, each with what answers a query there, if anything does."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.members: dict[str, Member] = {}
        self.answerers: dict[str, Answerer] = {}
        self.questions: list[bytes] = []

    def add(self, name: str, address: str, answer: Answerer | None = None, role: str = "manager") -> None:
        self.members[name] = Member(name, address, tags={"role": role})
        if answer:
            self.answerers[name] = answer


class FakeMachine:
    """`lost` are files that cannot be written, `lacks` what is not installed."""

    def __init__(self) -> None:
        self.files: dict[str, Found] = {}
        self.running: set[str] = {"docker.service"}
        # Written since a unit started that runs.
        self.newer: dict[str, set[str]] = {}
        self.keys: list[str] = []
        self.cluster = ""
        self.lacks: list[str] = []
        self.addresses = {"10.0.0.7"}
        self.calls: list[str] = []
        self.broken = ""

    def name(self) -> str:
        return "node7"

    def has_address(self, address: str) -> bool:
        return address in self.addresses

    def address_towards(self, _target: str) -> str:
        return "10.0.0.7"

    def resolve(self, name: str) -> str:
        return name

    def listens(self, target: str, _port: int) -> str:
        return "" if target in ("10.0.0.1", "10.0.0.8") else "Connection refused"

    def lacking(self) -> list[str]:
        return self.lacks

    def describe(self, address: str) -> joining.Machine:
        return joining.Machine("node7", address, "172.17.0.1", ["9.9.9.9"], "1.8.7")

    def gossip_keys(self) -> list[str]:
        return self.keys

    def joined(self) -> str:
        return self.cluster

    def read(self, wanted: Wanted) -> Found:
        return self.files.get(wanted.path, Found("absent"))

    def apply(self, change: Change) -> None:
        one = change.wanted
        if one.path == self.broken:
            raise MachineError(f"{one.path} cannot be written")
        self.files[one.path] = Found(one.kind, one.content, one.target, one.mode, one.owner, one.group)
        if one.path == joining.KEYRING:
            self.keys = json.loads(one.content or b"[]")
        if one.path == joining.CLUSTER:
            value = json.loads(one.content or b"{}")
            self.cluster = f"{value['cluster']}:{value['ca']}"

    def forget_gossip(self) -> None:
        self.keys = []
        self.files.pop(joining.KEYRING, None)

    def runs(self, unit: str) -> bool:
        return unit in self.running

    def is_older(self, unit: str, paths: Sequence[str]) -> bool:
        return bool(self.newer.get(unit, set()) & {*paths})

    def start(self, unit: str) -> None:
        if unit not in self.running:
            self.calls.append(f"start {unit}")
        self.running.add(unit)

    def restart(self, unit: str) -> None:
        self.newer.pop(unit, None)
        self.calls.append(f"restart {unit}")

    def reload(self, unit: str) -> None:
        self.calls.append(f"reload {unit}")

    def stop(self, unit: str) -> None:
        self.running.discard(unit)

    def wait_for_consul(self, _timeout: float) -> None:
        assert joining.CONSUL in self.running


class FakeSerf:
    """The machine's own Serf agent."""

    def __init__(self, machine: FakeMachine, gossip: FakeGossip) -> None:
        self.machine = machine
        self.gossip = gossip
        self.inside = False

    def members(self, status: str = "", tags: Mapping[str, str] | None = None) -> list[Member]:
        if joining.SERF not in self.machine.running:
            raise SerfSilent("nobody answers")
        own = Member("node7", "10.0.0.7", tags={"role": "worker"})
        found = [own, *(self.gossip.members.values() if self.inside else ())]
        return [
            one
            for one in found
            if status in ("", one.status) and all(one.tags.get(key) == value for key, value in (tags or {}).items())
        ]

    def join(self, addresses: Sequence[str]) -> int:
        there = {f"{one.address}:7947" for one in self.gossip.members.values() if one.status == ALIVE}
        if not there & set(addresses):
            raise SerfRefused("joining: Serf at rpc said: dial tcp: connection refused")
        if self.machine.keys[0] != self.gossip.key:
            raise SerfRefused("joining: Serf at rpc said: No installed keys could decrypt the message")
        self.inside = True
        return 1

    def query(
        self, _name: str, payload: bytes, nodes: Sequence[str], tags: Mapping[str, str], timeout: float
    ) -> Iterator[Reply]:
        self.gossip.questions.append(payload)
        for name, member in self.gossip.members.items():
            if (nodes and name not in nodes) or any(member.tags.get(key) != value for key, value in tags.items()):
                continue
            yield Reply("ack", name)
            answer = self.gossip.answerers.get(name, lambda _: None)(payload)
            if answer is not None:
                yield Reply("response", name, answer)
