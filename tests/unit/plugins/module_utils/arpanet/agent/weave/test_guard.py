from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError, Entry
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.nft import NftError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.weave_data import WeaveData
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.weave_router import RouterError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.weave.guard import PATIENCE, Guard
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.fence import Fence
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plugins import Installed
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.weave import GRACE, Gate, peer_name
from fakes.consul import FakeConsul

GONE = peer_name("gone")


class Node:
    def __init__(self) -> None:
        self.found: Installed | None = Installed("x:1", {}, True)
        self.switched: list[list[str]] = []
        self.error = ""
        self.closed: set[str] = set()
        self.id = "first"

    def plugin(self) -> Installed | None:
        return self.found

    def switch(self, steps: list[str]) -> None:
        self.switched.append(steps)
        if self.error:
            raise EngineError(self.error)

    def member(self) -> str:
        return self.id

    def networks(self) -> list[dict[str, Any]]:
        return [{"Id": "one", "Driver": "weave:latest", "IPAM": {"Config": [{"Subnet": "10.32.0.0/26"}]}}]

    def gates(self) -> list[Gate]:
        return [Gate(name, name, name not in self.closed) for name in ("node1", "node2")]

    def set_gate(self, gate: Gate) -> None:
        (self.closed.discard if gate.open else self.closed.add)(gate.name)


class Router:
    def __init__(self) -> None:
        self.answers = True
        self.targets: list[str] = ["10.0.0.2"]
        self.lost: list[str] = []
        self.reclaimed: list[str] = []

    def report(self) -> dict[str, Any]:
        if not self.answers:
            raise RouterError("Weave's router does not answer")
        entries = [{"Peer": peer, "Size": 8, "IsKnownPeer": False} for peer in self.lost]
        return {"Ready": True, "Router": {"Targets": self.targets}, "IPAM": {"Entries": entries}}

    def connect(self, peers: Any) -> None:
        self.targets = [*peers]

    def reclaim(self, peer: str) -> str:
        self.reclaimed.append(peer)
        return "8 IPs taken over"


class Scene:
    def __init__(self, directory: Path) -> None:
        self.node, self.data, self.router, self.consul = Node(), WeaveData(directory), Router(), FakeConsul()
        self.database = directory / "weavedata.db"
        self.database.write_text("ranges")
        self.now = 0.0
        self.applied: list[Fence] = []
        self.refusal = ""
        for name, address in (("node1", "10.0.0.1"), ("node2", "10.0.0.2")):
            self.consul.put(names.node_key(name), {"node": name, "address": address})
        self.guard = Guard(
            self.node,
            self.data,
            self.router,
            self.consul,
            self.apply,
            name="node1",
            address="10.0.0.1",
            clock=lambda: self.now,
        )

    def apply(self, wanted: Fence) -> None:
        if self.refusal:
            raise NftError(self.refusal)
        self.applied.append(wanted)

    def told(self) -> dict[str, Any]:
        return self.consul.get(names.weave_key("node1")).value


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_node_that_is_well_says_so(scene: Scene) -> None:
    scene.guard.look()
    assert (scene.told()["ready"], scene.told()["fence"]) == (True, "on")
    assert scene.applied == [Fence(("10.32.0.0/26",))]
    assert scene.node.switched == []
    index = scene.consul.get(names.weave_key("node1")).index
    scene.guard.look()
    assert scene.consul.get(names.weave_key("node1")).index == index, "written once"


def test_a_plugin_that_is_disabled_is_enabled(scene: Scene) -> None:
    scene.node.found = Installed("x:1", {}, False)
    scene.guard.look()
    assert scene.node.switched == [["enable"]]
    scene.node.error = "no such file"
    scene.guard.look()
    assert scene.told()["why"] == "its plugin does not start: no such file"


def test_a_plugin_that_is_not_there(scene: Scene) -> None:
    scene.node.found = None
    scene.guard.look()
    assert (scene.told()["ready"], scene.told()["why"]) == (False, "its plugin is not installed")


def test_a_node_that_is_in_the_swarm_anew_starts_without_its_ranges(scene: Scene) -> None:
    scene.guard.look()
    assert (scene.database.exists(), scene.node.switched) == (True, []), "new here, and so are its ranges"
    scene.node.id = ""
    scene.guard.look()
    scene.node.id = "first"
    scene.guard.look()
    assert (scene.database.exists(), scene.node.switched) == (True, []), "only away"
    scene.node.id = "second"
    scene.guard.look()
    assert (scene.database.exists(), scene.node.switched) == (False, [["disable", "enable"]])
    scene.database.write_text("new ranges")
    scene.guard.look()
    assert (scene.database.exists(), len(scene.node.switched)) == (True, 1)


def test_a_router_that_is_not_rid_of_its_ranges_is_tried_again(scene: Scene) -> None:
    scene.guard.look()
    scene.node.id, scene.node.error = "second", "no such file"
    scene.guard.look()
    assert not scene.told()["ready"]
    scene.node.error = ""
    scene.guard.look()
    assert (scene.told()["ready"], scene.node.switched) == (True, [["disable", "enable"]] * 2)


def test_a_database_that_cannot_be_had_is_told(scene: Scene) -> None:
    scene.guard.look()
    scene.node.id = "second"
    scene.database.unlink()
    scene.database.mkdir()
    scene.guard.look()
    assert "its database cannot be had" in scene.told()["why"]


def test_a_member_that_cannot_be_written_down_is_no_reason_to_restart(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(member: str) -> None:
        raise OSError(28, f"no space for {member}")

    monkeypatch.setattr(scene.data, "set_member", full)
    for _ in range(3):
        scene.now += PATIENCE
        scene.guard.look()
    assert (scene.told()["ready"], scene.node.switched) == (True, [])
    monkeypatch.setattr(scene.data, "member", lambda: "earlier")
    scene.node.id = "second"
    for _ in range(3):
        scene.guard.look()
    assert (scene.told()["ready"], scene.node.switched) == (True, [["disable", "enable"]])


def test_a_silent_router_is_started_anew_while_consul_does_not_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> None:
        raise ConsulError("No cluster leader")

    monkeypatch.setattr(scene.consul, "put", silent)
    scene.router.answers = False
    scene.now = PATIENCE + 1
    with pytest.raises(ConsulError):
        scene.guard.look()
    assert scene.node.switched == [["disable", "enable"]]


def test_who_is_to_have_no_weave_says_nothing_of_it(scene: Scene) -> None:
    scene.guard.look()
    scene.guard.forgotten()
    assert scene.told() == {}


def test_a_router_that_is_silent_for_long_is_started_anew_and_not_all_the_time(scene: Scene) -> None:
    scene.router.answers = False
    scene.guard.look()
    assert (scene.told()["ready"], scene.node.switched) == (False, [])
    scene.now = PATIENCE + 1
    scene.guard.look()
    assert scene.node.switched == [["disable", "enable"]]
    scene.now += PATIENCE / 2
    scene.guard.look()
    assert len(scene.node.switched) == 1
    scene.router.answers = True
    scene.guard.look()
    assert scene.told()["ready"]


def test_peers_follow_the_nodes(scene: Scene) -> None:
    scene.consul.put(names.node_key("node3"), {"node": "node3", "address": "10.0.0.3"})
    scene.guard.look()
    assert scene.router.targets == ["10.0.0.2", "10.0.0.3"]
    scene.consul.delete(names.node_key("node2"))
    scene.guard.look()
    assert scene.router.targets == ["10.0.0.3"]


@pytest.mark.parametrize(("leader", "done"), [("node1", [GONE]), ("node2", [])])
def test_only_the_leader_reclaims(scene: Scene, leader: str, done: list[str]) -> None:
    scene.consul.entries[names.LEADER_KEY] = Entry({"node": leader}, 1, "session")
    scene.router.lost = [GONE, peer_name("node2")]
    scene.guard.look()
    assert scene.router.reclaimed == done
    # The leader that has gone is nobody's leader, though its name still stands there.
    scene.consul.entries[names.LEADER_KEY] = Entry({"node": "node1"}, 2)
    scene.guard.look()
    assert scene.router.reclaimed == done


def test_rules_that_are_refused_are_told(scene: Scene) -> None:
    scene.refusal = "nft refused the rules"
    scene.guard.look()
    assert (scene.told()["ready"], scene.told()["fence"]) == (True, "nft refused the rules")


def test_a_poke_is_about_containers_alone(scene: Scene) -> None:
    scene.guard.look(whole=False)
    assert len(scene.applied) == 1
    assert scene.told() == {}


def test_who_stops_says_so(scene: Scene) -> None:
    scene.guard.stopped()
    assert "stopped" in scene.told()["why"]


def test_a_guard_that_starts_again_has_the_while_of_one_that_starts(scene: Scene) -> None:
    scene.consul.entries[names.LEADER_KEY] = Entry({"node": "node1"}, 1, "session")
    scene.consul.put(names.weave_key("node2"), {"ready": False, "stopped": True})
    scene.guard.look()
    scene.now = 4 * GRACE
    scene.guard.look()
    scene.consul.put(names.weave_key("node2"), {"ready": False})
    for scene.now in (4 * GRACE, 5 * GRACE - 1):
        scene.guard.look()
        assert scene.node.closed == set(), "its plugin was changed, and starts"
    scene.now = 5 * GRACE
    scene.guard.look()
    assert scene.node.closed == {"node2"}


def test_the_leader_keeps_tasks_away_from_nodes_that_are_not_ready(scene: Scene) -> None:
    scene.consul.entries[names.LEADER_KEY] = Entry({"node": "node1"}, 1, "session")
    scene.consul.put(names.weave_key("node2"), {"ready": False})
    scene.guard.look()
    scene.now = GRACE / 2
    scene.guard.look()
    assert scene.node.closed == set(), "a service may restart"
    scene.now = GRACE + 1
    scene.guard.look()
    assert scene.node.closed == {"node2"}
    scene.consul.put(names.weave_key("node2"), {"ready": True})
    scene.guard.look()
    assert scene.node.closed == set()
    # Once more not ready: the time begins anew.
    scene.consul.put(names.weave_key("node2"), {"ready": False})
    scene.guard.look()
    assert scene.node.closed == set()
