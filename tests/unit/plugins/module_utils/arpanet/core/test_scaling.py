from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.scaling import NotScalable, scaled

Spec = dict[str, Any]


def service(name: str, mode: str = "Replicated", **labels: str) -> Spec:
    return {
        "Name": f"abc_{name}",
        "Labels": {"arpanet.service": name},
        "Mode": {mode: {"Replicas": 1} if mode == "Replicated" else {}},
        "TaskTemplate": {"ContainerSpec": {"Labels": labels or None}},
    }


SERVICES = {
    spec["Name"]: spec
    for spec in (
        service("web"),
        service("db", **{"arpanet.addresses": "abc_default=10.32.0.10"}),
        service("agent", "Global"),
        service("job", "ReplicatedJob"),
    )
}


@pytest.mark.parametrize("counts", [{"web": 3}, {"web": 0}, {"web": 2, "db": 1}, {"db": 0}, {}])
def test_so_many_instances_and_nothing_else(counts: dict[str, int]) -> None:
    found = scaled("abc", SERVICES, counts)
    for name, count in counts.items():
        assert found.pop(f"abc_{name}") == {**SERVICES[f"abc_{name}"], "Mode": {"Replicated": {"Replicas": count}}}
    assert found == {name: SERVICES[name] for name in found}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"nope": 2}, "there is no service 'nope'; it has agent, db, job, web"),
        ({"agent": 2}, "service agent runs once on every node: it cannot be scaled"),
        ({"job": 2}, "service job is a job, which runs to its end: it cannot be scaled"),
        ({"web": -1}, "service web: -1 is no number of instances"),
        ({"web": 2, "db": 2}, "service db has an explicit address (ipv4_address): it can have one instance"),
    ],
)
def test_what_cannot_be_scaled(counts: dict[str, int], said: str) -> None:
    with pytest.raises(NotScalable) as raised:
        scaled("abc", SERVICES, counts)
    assert str(raised.value) == said


def test_what_does_not_run_here() -> None:
    with pytest.raises(NotScalable, match=r"it does not run here: see status\.yml"):
        scaled("abc", {}, {"web": 2})
