"""One look around, with parts that answer and parts that do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import survey
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul, ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import SerfError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seen import Seen
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import status
from fakes import cluster


class FakeEngine:
    """Answers what was recorded; what is named in `silent` raises."""

    parts: dict[str, Any]
    silent: frozenset[str]

    def __init__(self, _url: str, _timeout: float) -> None:
        self._answer("connecting")

    def _answer(self, name: str) -> Any:
        if name in self.silent:
            raise EngineError(f"{name}: no answer")
        return self.parts.get(name)

    def info(self) -> Any:
        return self._answer("info")

    def nodes(self) -> Any:
        return self._answer("nodes")

    def services(self) -> Any:
        return self._answer("services")

    def tasks(self) -> Any:
        return self._answer("tasks")

    def each(self, do: Any, items: Any) -> list[Any]:
        return [do(item) for item in items]


class FakeConsul(Consul):
    """The same for Consul; remembers which deployments were asked for."""

    def __init__(self, parts: dict[str, Any], silent: frozenset[str]) -> None:
        self.parts, self.silent = parts, silent
        self.asked: list[str] = []

    def leader(self) -> str:
        if "consul" in self.silent:
            raise ConsulError("asking for the leader: no answer")
        return str(self.parts["leader"])

    def members(self) -> Sequence[dict[str, Any]]:
        return list(self.parts["members"])

    def stored(self, prefix: str) -> dict[str, bytes]:
        records = {names.deployment_key(one): record for one, record in self.parts["records"].items()}
        keys = {key: json.dumps(record).encode() for key, record in records.items()} | self.parts.get("raw", {})
        return {key: raw for key, raw in keys.items() if key.startswith(prefix)}

    def instances(self, service: str) -> Sequence[dict[str, Any]]:
        if "instances" in self.silent:
            raise ConsulError("asking for the instances: no answer")
        self.asked.append(service)
        return list(self.parts["registered"].get(service, []))


def look(
    monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any], *silent: str, only: str = ""
) -> tuple[Seen, FakeConsul]:
    class FakeSerf:
        def __init__(self, _rpc: str, timeout: float) -> None:
            assert timeout

        def members(self) -> list[Member]:
            if "serf" in silent:
                raise SerfError("listing members: no answer")
            return [
                Member(raw["name"], raw["addr"].split(":")[0], raw["port"], raw["status"], raw["tags"])
                for raw in parts["serf"]
            ]

    engine = type("Engine", (FakeEngine,), {"parts": parts, "silent": frozenset(silent)})
    monkeypatch.setattr(survey, "Engine", engine)
    monkeypatch.setattr(survey, "Serf", FakeSerf)
    monkeypatch.setattr(survey.socket, "gethostname", lambda: "node1")
    consul = FakeConsul(parts, frozenset(silent))
    return survey.look("unix:///docker.sock", consul, "127.0.0.1:7373", 3, only), consul


def test_everybody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cluster.recorded()
    seen, consul = look(monkeypatch, parts)
    assert (seen.asked, seen.errors, consul.asked) == ("node1", {}, ["abc", "arpanet-agent"])
    assert (seen.nodes, seen.tasks, seen.serf) == (parts["nodes"], parts["tasks"], parts["serf"])
    assert seen.registered == parts["registered"]


def test_one_deployment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cluster.recorded()
    parts["records"]["xyz"] = {"deployment": "xyz"}
    assert look(monkeypatch, parts)[1].asked == ["abc", "xyz", "arpanet-agent"]
    assert look(monkeypatch, parts, only="xyz")[1].asked == ["xyz", "arpanet-agent"]


def test_revisions_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cluster.recorded()
    parts["raw"] = {names.revision_key("abc", number): b"{}" for number in (9, 10)}
    seen, _ = look(monkeypatch, parts, only="abc")
    assert (seen.kept, [*seen.records]) == ({"abc": 10}, ["abc"])


def test_a_deployment_is_asked_for_on_each_of_its_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cluster.recorded()
    parts["records"]["abc"]["networks"] |= {"back": "10.40.0.0/26"}
    assert look(monkeypatch, parts)[1].asked == ["abc", "abc--back", "arpanet-agent"]


def test_what_somebody_else_wrote_makes_no_part_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cluster.recorded()
    parts["raw"] = {f"{names.WEAVE_PREFIX}node2": b"nonsense", names.deployment_key("abc"): b"[]"}
    seen, consul = look(monkeypatch, parts)
    assert (seen.errors, consul.asked) == ({}, ["abc", "arpanet-agent"])
    assert (seen.records, seen.weave, [*seen.illegible]) == ({"abc": {}}, {}, [*parts["raw"]][::-1])


@pytest.mark.parametrize("service", ["", "-web"])
def test_a_service_whose_labels_make_no_name_is_nobodys(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    parts = cluster.recorded()
    labels = {"arpanet.deployment": "xyz", **({"arpanet.service": service} if service else {})}
    cache = parts["services"]["abc_cache"]
    parts["services"]["odd"] = {**cache, "ID": "odd", "Spec": {**cache["Spec"], "Name": "odd", "Labels": labels}}
    parts["tasks"] += [{**task, "ServiceID": "odd"} for task in cluster.tasks_of(parts, "cache")]
    seen, consul = look(monkeypatch, parts)
    assert ([one.id for one in status(seen).deployments], consul.asked) == (["abc"], ["abc", "arpanet-agent"])


@pytest.mark.parametrize(
    ("silent", "errors"),
    [
        ("connecting", {"engine": "connecting: no answer", "swarm": "connecting: no answer"}),
        ("info", {"swarm": "info: no answer"}),
        ("nodes", {"swarm": "nodes: no answer"}),
        ("consul", {"consul": "asking for the leader: no answer"}),
        ("instances", {"consul": "asking for the instances: no answer"}),
        ("serf", {"serf": "listing members: no answer"}),
    ],
)
def test_a_silent_part_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch, silent: str, errors: dict[str, str]
) -> None:
    seen, _ = look(monkeypatch, cluster.recorded(), silent)
    assert seen.errors == errors
    assert seen.members or silent == "consul"
    assert seen.serf or silent == "serf"


def test_a_manager_that_lost_its_swarm_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cluster.recorded()
    parts["info"]["Swarm"] |= {"ControlAvailable": False, "Error": "the swarm is locked"}
    assert look(monkeypatch, parts)[0].errors == {"swarm": "the swarm is locked"}
    parts["info"]["Swarm"]["Error"] = ""
    assert look(monkeypatch, parts)[0].errors == {"swarm": "this node is no manager"}
