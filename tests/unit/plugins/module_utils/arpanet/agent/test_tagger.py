"""Tags follow the Engine, the swarm's word comes from its leader, and nothing is set twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.containers import ContainersError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm_records import SwarmRecords
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.record_reader import RecordReader
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.tagger import Tagger
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tags import Record
from fakes.consul import FakeConsul


class Serf:
    """Keeps tags as Serf does."""

    def __init__(self, **tags: str) -> None:
        self.tags = dict(tags)
        self.sets = 0

    def node_name(self) -> str:
        return "node1.x"

    def members(self, name: str) -> list[Member]:
        assert name == r"node1\.x"
        return [Member("node1.x", "192.0.2.1", tags=dict(self.tags))]

    def set_tags(self, tags: dict[str, str], delete: list[str]) -> None:
        self.sets += 1
        self.tags = {**{name: text for name, text in self.tags.items() if name not in delete}, **tags}


class Engine:
    """One node's Engine; `list` is what `GET /nodes` answers, None while there is no majority."""

    def __init__(self, identifier: str, manager: bool) -> None:
        self.identifier, self.manager, self.down = identifier, manager, False
        self.list: list[dict[str, Any]] | None = [
            node("m1", "manager", leader=True),
            node("m2", "manager"),
            node("w1", "worker", Labels={"disk": "ssd"}),
        ]

    def info(self) -> dict[str, Any]:
        if self.down:
            raise ContainersError("Docker does not answer")
        swarm = {"NodeID": self.identifier, "LocalNodeState": "active", "ControlAvailable": self.manager}
        return {"Swarm": {**swarm, "Cluster": {"ID": "c1"} if self.manager else None}}

    def nodes(self) -> list[dict[str, Any]]:
        if self.list is None:
            raise ContainersError("The swarm does not have a leader")
        return self.list


def node(identifier: str, role: str, leader: bool = False, **spec: Any) -> dict[str, Any]:
    return {
        "ID": identifier,
        "Spec": {"Role": role, "Availability": "active", **spec},
        "Status": {"State": "ready"},
        **({"ManagerStatus": {"Leader": leader}} if role == "manager" else {}),
    }


class Consul(FakeConsul):
    """With blocking reads that do not block."""

    down = False

    def wait(self, key: str, index: int, _seconds: int) -> tuple[dict[str, Any], int]:
        if self.down:
            raise ConsulError("Consul does not answer")
        entry = self.get(key)
        return entry.value, max(entry.index, index)

    def put(self, key: str, value: dict[str, Any]) -> None:
        if self.down:
            raise ConsulError("Consul does not answer")
        super().put(key, value)


def tagger(serf: Serf, engine: Engine, consul: Consul, **extra: str) -> Tagger:
    return Tagger(serf, engine, SwarmRecords(consul), lambda: "192.0.2.1", extra)


def test_a_managers_tags_and_nothing_to_do_the_second_time() -> None:
    serf = Serf(role="king", stray="x")
    one = tagger(serf, Engine("m2", True), Consul(), rack="7")
    changed = one.look()
    assert (changed["role"], changed["stray"]) == ("manager", None)
    assert (serf.tags["availability"], serf.tags["cluster"], serf.tags["rack"]) == ("active", "c1", "7")
    assert "stray" not in serf.tags
    assert one.look() == {}
    assert serf.sets == 1


def test_what_somebody_else_set_is_set_back() -> None:
    serf = Serf()
    one = tagger(serf, Engine("m2", True), Consul())
    one.look()
    serf.tags = {"role": "worker"}
    one.look()
    assert serf.tags["role"] == "manager"


def test_a_drain_and_a_demotion_are_seen() -> None:
    serf, engine = Serf(), Engine("m2", True)
    one = tagger(serf, engine, Consul())
    one.look()
    assert engine.list
    engine.list[1]["Spec"]["Availability"] = "drain"
    assert one.look() == {"availability": "drain"}
    engine.manager = False
    assert one.look()["role"] == "worker"


def test_the_leader_writes_for_all_and_only_what_differs() -> None:
    consul, engine = Consul(), Engine("m1", True)
    consul.put("arpanet/swarm/gone", {"state": "down"})
    one = tagger(Serf(), engine, consul)
    one.look()
    kept = consul.list("arpanet/swarm/")
    assert kept.keys() == {"arpanet/swarm/m1", "arpanet/swarm/m2", "arpanet/swarm/w1"}
    assert kept["arpanet/swarm/w1"].value == {
        "availability": "active", "state": "ready", "cluster": "c1", "labels": {"disk": "ssd"},
    }  # fmt: skip
    assert engine.list
    engine.list[2]["Spec"]["Availability"] = "pause"
    one.look()
    after = consul.list("arpanet/swarm/")
    assert after["arpanet/swarm/w1"].value["availability"] == "pause"
    assert after["arpanet/swarm/m2"].index == kept["arpanet/swarm/m2"].index


def test_what_somebody_deleted_is_written_again_in_a_while() -> None:
    consul = Consul()
    one = tagger(Serf(), Engine("m1", True), consul)
    one.look()
    consul.delete("arpanet/swarm/w1")
    for _ in range(30):
        one.look()
    assert consul.get("arpanet/swarm/w1").index


def test_others_write_nothing() -> None:
    consul = Consul()
    for engine in (Engine("m2", True), Engine("w1", False)):
        tagger(Serf(), engine, consul).look()
    assert consul.list("arpanet/swarm/") == {}


def test_the_leaders_own_tags_need_no_consul() -> None:
    serf, consul = Serf(), Consul()
    consul.down = True
    one = tagger(serf, Engine("m1", True), consul)
    one.look()
    assert serf.tags["availability"] == "active"
    consul.down = False
    one.look()
    assert consul.get("arpanet/swarm/w1").index


def test_without_a_majority_or_an_engine_the_last_word_stays() -> None:
    serf, engine = Serf(), Engine("m2", True)
    one = tagger(serf, engine, Consul())
    one.look()
    engine.list = None
    assert one.look() == {}
    engine.down = True
    assert one.look() == {"swarm": "down"}


def test_no_room_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine("m1", True)
    assert engine.list
    engine.list[0]["Spec"]["Labels"] = {"essay": "x" * 600}
    one = tagger(Serf(), engine, Consul())
    for _ in range(3):
        one.look()
    assert [entry.message for entry in caplog.records] == ["tags: no room for label.essay: Serf's tags have 512 bytes"]


class TestReader:
    def test_a_worker_hears_from_the_leader(self) -> None:
        serf, consul, pokes = Serf(), Consul(), list[int]()
        worker = tagger(serf, Engine("w1", False), consul)
        reader = RecordReader(SwarmRecords(consul), worker, lambda: pokes.append(1), lambda _: None)
        worker.look()
        assert "availability" not in serf.tags
        tagger(Serf(), Engine("m1", True), consul).look()
        reader.follow()
        worker.look()
        assert (serf.tags["availability"], serf.tags["label.disk"], serf.tags["cluster"]) == ("active", "ssd", "c1")
        reader.follow()
        assert pokes == [1]

    def test_a_manager_follows_nothing(self) -> None:
        slept: list[float] = []
        manager = tagger(Serf(), Engine("m2", True), Consul())
        manager.look()
        seen = manager.seen
        RecordReader(SwarmRecords(Consul()), manager, lambda: None, slept.append).follow()
        assert (slept, manager.seen) == ([1], seen)

    def test_consul_is_away_for_a_while(self) -> None:
        consul, slept = Consul(), list[float]()
        worker = tagger(Serf(), Engine("w1", False), consul)
        worker.look()
        worker.seen = Record("drain")
        consul.down = True
        reader = RecordReader(SwarmRecords(consul), worker, lambda: None, slept.append)
        reader.follow()
        assert slept and worker.seen == Record("drain")
