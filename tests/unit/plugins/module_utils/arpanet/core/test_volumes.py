from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.volumes import (
    as_pinned,
    choose,
    local_volumes,
    pinned,
)


def node(name: str, state: str = "ready", availability: str = "active", **labels: str) -> dict[str, Any]:
    return {
        "ID": f"id-{name}",
        "Spec": {"Role": "worker", "Availability": availability, "Labels": labels},
        "Status": {"State": state, "Addr": "10.0.0.1"},
        "Description": {"Hostname": name, "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }


def service(*volumes: str, **deploy: Any) -> dict[str, Any]:
    return {"volumes": [{"type": "volume", "source": name, "target": "/d"} for name in volumes], "deploy": deploy}


NODES = [node("n1"), node("n2"), node("n3")]


@pytest.mark.parametrize(
    ("volume", "local"),
    [
        (None, True),
        ({"driver": "local"}, True),
        ({"driver": "rexray"}, False),
        ({"driver_opts": {"type": "nfs", "device": ":/export"}}, False),
    ],
)
def test_which_volumes_are_local(volume: Any, local: bool) -> None:
    model = {"services": {"db": service("data")}, "volumes": {"data": volume}}
    assert local_volumes(model) == ({"db": ["data"]} if local else {})


def test_one_on_every_node_has_a_volume_on_every_node() -> None:
    assert local_volumes({"services": {"log": service("data", mode="global")}}) == {}


def test_the_least_busy_node_takes_a_new_volume() -> None:
    model = {"services": {"db": service("data")}}
    assert choose(model, {}, NODES, Counter(n1=2, n2=1, n3=2), frozenset()) == {"data": "n2"}


def test_a_volume_stays_where_it_is() -> None:
    model = {"services": {"db": service("data")}}
    assert choose(model, {"data": "n3"}, NODES, Counter(n3=9), frozenset()) == {"data": "n3"}


def test_services_that_share_a_volume_share_a_node() -> None:
    model = {"services": {"a": service("data"), "b": service("data", "more")}}
    places = choose(model, {}, NODES, Counter(), frozenset())
    assert places["data"] == places["more"]


def test_a_volume_that_no_service_uses_now_is_not_forgotten() -> None:
    assert choose({"services": {"web": {}}}, {"data": "n3"}, NODES, Counter(), frozenset()) == {"data": "n3"}


def test_moving_in_so_many_words_leaves_the_node() -> None:
    model = {"services": {"db": service("data")}}
    assert choose(model, {"data": "n1"}, NODES, Counter(), frozenset({"data"}))["data"] != "n1"


def test_constraints_that_exclude_the_data_are_refused() -> None:
    model = {"services": {"db": service("data", placement={"constraints": ["node.hostname==n1"]})}}
    with pytest.raises(Unsupported, match=r"service db: its volume data is on n2.*-e move_volumes=data"):
        choose(model, {"data": "n2"}, NODES, Counter(), frozenset())


def test_data_on_a_dead_node_is_not_abandoned() -> None:
    model = {"services": {"db": service("data")}}
    with pytest.raises(Unsupported, match=r"on n2, which takes no tasks now"):
        choose(model, {"data": "n2"}, [node("n1"), node("n2", state="down")], Counter(), frozenset())


def test_volumes_of_one_service_on_two_nodes_are_refused() -> None:
    model = {"services": {"db": service("data", "log")}}
    with pytest.raises(Unsupported, match=r"different nodes \(n1, n2\)"):
        choose(model, {"data": "n1", "log": "n2"}, NODES, Counter(), frozenset())


def test_the_pin_is_a_placement_constraint() -> None:
    model = pinned({"services": {"db": service("data"), "web": {}}}, {"data": "n2"})
    assert model["services"]["db"]["deploy"]["placement"]["constraints"] == ["node.hostname==n2"]
    assert model["services"]["web"] == {}


def runs(source: str, *constraints: str, mode: str = "Replicated") -> dict[str, Any]:
    mounts = [{"Type": "volume", "Source": source, "Target": "/d"}, {"Type": "tmpfs", "Target": "/tmp"}]
    template = {"ContainerSpec": {"Mounts": mounts}, "Placement": {"Constraints": [*constraints]}}
    return {"Mode": {mode: {}}, "TaskTemplate": template}


@pytest.mark.parametrize(
    ("services", "place"),
    [
        pytest.param([], "n2", id="nobody mounts it"),
        pytest.param([runs("abc_data", "node.labels.a==b", "node.hostname==n1")], "n1", id="pinned elsewhere"),
        pytest.param([runs("data", "node.hostname==n1")], "n1", id="an external one"),
        pytest.param([runs("abc_data")], "n2", id="pinned to no node"),
        pytest.param([runs("abc_log", "node.hostname==n1")], "n2", id="another volume"),
        pytest.param([runs("abc_data", "node.hostname==n1", mode="Global")], "n2", id="one on each of its nodes"),
        pytest.param(
            [{"Mode": {"Replicated": {}}, "TaskTemplate": {"ContainerSpec": {}}}], "n2", id="no volumes at all"
        ),
    ],
)
def test_where_a_volume_is_by_what_mounts_it(services: list[dict[str, Any]], place: str) -> None:
    assert as_pinned("abc", {"data": "n2"}, services) == {"data": place}
