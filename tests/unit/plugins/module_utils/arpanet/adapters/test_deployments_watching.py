"""Waiting for what was deployed: when it has arrived, and what is told meanwhile."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import arrival, telling
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.arrival import RolloutError
from fakes.swarm import Cluster, model

Spec = dict[str, Any]


def test_a_program_that_ends_at_once_has_not_arrived(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 0.2)
    asked = 0
    tasks = cluster.swarm.tasks

    def ending(deployment: str) -> list[Spec]:
        nonlocal asked
        asked += 1
        if asked == 3:
            cluster.swarm.end_all("task: non-zero exit (3)")
        return tasks(deployment)

    monkeypatch.setattr(cluster.swarm, "tasks", ending)
    with pytest.raises(RolloutError, match=r"0 of 1 instances arrived.*non-zero exit \(3\).*no revision to go back to"):
        cluster.deploy(model(web={}), timeout=0.5)


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_swarms_clock_may_be_another_than_ours(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    cluster.swarm.skew = timedelta(hours=hours)
    with pytest.raises(RolloutError, match=r"0 of 1 instances arrived: instance 1 on node2: task: non-zero exit"):
        cluster.deploy(model(web={"image": "nginx:crash"}), timeout=60)
    # The same failures are old ones for whoever comes later, and nothing to give up for at once.
    with pytest.raises(RolloutError, match=r"0 of 1 instances arrived after 0 s"):
        cluster.deploy(model(web={"image": "nginx:crash"}), timeout=0.2)
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 0.3)
    began = time.monotonic()
    cluster.deploy(model(web={}))
    assert time.monotonic() - began >= 0.3, "what has just started is watched"


def test_what_runs_already_is_not_watched(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.deploy(model(web={}))
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 3600)
    cluster.swarm.age_all()
    assert not cluster.deploy(model(web={}))["changed"]


def test_who_watches_hears_the_plan_and_then_how_far_it_is(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "TELL_SECONDS", 0.0)
    cluster.consul.awake = False
    with pytest.raises(RolloutError):
        cluster.deploy(model(web={}), timeout=0.1)
    assert cluster.told[:2] == ["+ network abc_default", "+ service abc_web"]
    assert "web 1/1 running" in cluster.told
    assert any(line.startswith("1.web.abc runs on node2 but is not in Consul") for line in cluster.told)
    assert len(cluster.told) == len(set(cluster.told))


def test_who_watches_is_not_flooded(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "TELL_SECONDS", 3600)
    cluster.consul.awake = False
    with pytest.raises(RolloutError):
        cluster.deploy(model(web={}), timeout=0.5)
    assert len(cluster.told) == 4


def test_check_mode_tells_nothing(cluster: Cluster) -> None:
    cluster.deploy(model(web={}), check=True)
    assert cluster.told == []


def test_an_agent_that_sleeps(cluster: Cluster) -> None:
    cluster.consul.awake = False
    with pytest.raises(RolloutError, match=r"1\.web\.abc runs on node2 but is not in Consul: is arpanet-agent running"):
        cluster.deploy(model(web={}), timeout=0.05)
