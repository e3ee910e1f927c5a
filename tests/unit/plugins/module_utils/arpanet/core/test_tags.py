"""A node's tags: the truth, as far as it fits."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tags import (
    LEFT_OUT,
    LIMIT,
    Record,
    Tags,
    leads,
    record,
    records,
    size,
    wanted,
)
from hypothesis import given
from hypothesis import strategies as st

ID, CLUSTER = "n" * 25, "c" * 25


def info(**swarm: Any) -> dict[str, Any]:
    """`docker info` of a manager."""
    value = {
        "LocalNodeState": "active",
        "NodeID": ID,
        "ControlAvailable": True,
        "Cluster": {"ID": CLUSTER},
        "RemoteManagers": [{"NodeID": "other", "Addr": "192.0.2.9:1"}, {"NodeID": ID, "Addr": "192.0.2.1:2377"}],
    }
    return {"Swarm": {**value, **swarm}}


SEEN = Record("active", "ready", CLUSTER)
MANAGER = {
    "role": "manager",
    "node": ID,
    "swarm": "ready",
    "availability": "active",
    "engine_port": "2377",
    "cluster": CLUSTER,
    "agent": "1.2.3",
    "address": "192.0.2.1",
}


def tags(told: dict[str, Any] | None, seen: Record = SEEN, extra: Any = None, before: Any = None) -> Tags:
    return wanted(told, seen, "192.0.2.1", "1.2.3", extra or {}, before or {})


def test_a_manager() -> None:
    assert tags(info()) == Tags(MANAGER)


def test_a_worker_hears_from_the_leader_what_it_cannot_see() -> None:
    worker = info(ControlAvailable=False, Cluster=None, RemoteManagers=[{"NodeID": "other", "Addr": "192.0.2.9:2377"}])
    found = tags(worker, Record("drain", "ready", CLUSTER, {"disk": "ssd"}))
    assert found == Tags({**MANAGER, "role": "worker", "availability": "drain", "label.disk": "ssd"})
    # Before the leader has said anything.
    found = tags(worker, Record())
    assert found.tags.keys() == MANAGER.keys() - {"availability", "cluster"}


@pytest.mark.parametrize(
    ("local", "seen", "said"),
    [
        ("active", "ready", "ready"),
        ("active", "", "ready"),
        ("active", "down", "down"),
        ("active", "unknown", "unknown"),
        ("pending", "ready", "pending"),
        ("locked", "ready", "locked"),
        ("error", "ready", "error"),
        ("inactive", "", "inactive"),
        ("", "", "inactive"),
    ],
)
def test_its_state_in_the_swarm(local: str, seen: str, said: str) -> None:
    assert tags(info(LocalNodeState=local), Record(state=seen)).tags["swarm"] == said


def test_in_no_swarm() -> None:
    found = tags({"Swarm": {"LocalNodeState": "inactive", "NodeID": ""}}, Record()).tags
    assert (found["swarm"], found["role"]) == ("inactive", "worker")
    assert "node" not in found
    assert tags({}, Record()).tags["swarm"] == "inactive"


def test_an_engine_that_is_silent_is_down_and_stays_what_it_was() -> None:
    before = {**MANAGER, "label.disk": "ssd", "stray": "tag", "agent": "old"}
    assert tags(None, Record(), before=before) == Tags({**MANAGER, "swarm": "down", "label.disk": "ssd"})
    assert tags(None, Record()).tags == {"swarm": "down", "agent": "1.2.3", "address": "192.0.2.1"}


def test_the_users_own_tags_are_beside_ours_and_never_instead() -> None:
    found = tags(info(), extra={"rack": "7", "role": "king", LEFT_OUT: "0"}).tags
    assert found == {**MANAGER, "rack": "7"}


def test_what_does_not_fit_is_counted_and_named() -> None:
    labels = {"a": "x" * 400, "b": "y" * 100, "c": "z"}
    found = tags(info(), Record("active", "ready", CLUSTER, labels), extra={"rack": "7"})
    assert found.left_out == ("label.a",)
    assert found.tags == {**MANAGER, "rack": "7", "label.b": "y" * 100, "label.c": "z", LEFT_OUT: "1"}


@given(st.dictionaries(st.text(max_size=40), st.text(max_size=400), max_size=40))
def test_they_always_fit(labels: dict[str, str]) -> None:
    found = tags(info(), Record("active", "ready", CLUSTER, labels))
    assert size(found.tags) <= LIMIT
    assert len(found.left_out) + len([name for name in found.tags if name.startswith("label.")]) == len(labels)


@given(st.dictionaries(st.text(max_size=40), st.text(max_size=300), max_size=20))
def test_size_is_that_of_serfs_own_form(some: dict[str, str]) -> None:
    # Old msgpack: no strings with a length of one byte.
    assert size(some) == 1 + len(msgpack.packb(some, use_bin_type=False))


def node(identifier: str, leader: bool = False, **spec: Any) -> dict[str, Any]:
    return {
        "ID": identifier,
        "Spec": {"Role": "manager", "Availability": "drain", "Labels": {"disk": "ssd"}, **spec},
        "Status": {"State": "down"},
        "ManagerStatus": {"Leader": leader},
    }


def test_records_and_who_writes_them() -> None:
    nodes = [node(ID, leader=True), node("other", Availability=None, Labels=None)]
    found = records(nodes, CLUSTER)
    assert found[ID] == Record("drain", "down", CLUSTER, {"disk": "ssd"})
    assert found["other"].availability == "active"
    assert leads(info(), nodes)
    assert not leads(info(NodeID="other"), nodes)
    assert not leads({}, nodes)


def test_a_record_is_kept_and_read_again() -> None:
    one = Record("drain", "ready", CLUSTER, {"disk": "ssd"})
    assert record(one.as_json()) == one
    assert record({}) == Record()
    assert record({"labels": "none", "availability": None}) == Record()
