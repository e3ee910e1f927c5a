"""Announcements, and waiting for what agents say of them."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import pulls as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pulls import Pulls
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.pulls import PULLING, THERE
from fakes.consul import FakeConsul

IMAGE = "web:1@sha256:aa"
SERVICES = {"abc_web": {"TaskTemplate": {"ContainerSpec": {"Image": IMAGE}}}}


@pytest.fixture
def consul() -> FakeConsul:
    return FakeConsul()


@pytest.fixture
def pulls(consul: FakeConsul, monkeypatch: pytest.MonkeyPatch) -> Pulls:
    monkeypatch.setattr(adapter, "SIGN_SECONDS", 0.02)
    monkeypatch.setattr(adapter, "POLL_SECONDS", 0.001)
    return Pulls(consul)


def test_announced_once_followed_and_forgotten(pulls: Pulls, consul: FakeConsul) -> None:
    pulls.announce("abc", SERVICES)
    index = consul.index
    pulls.announce("abc", SERVICES)
    assert consul.index == index
    assert pulls.follow(0, 1) == ([{IMAGE: [[]]}], index)
    pulls.forget("abc")
    assert pulls.follow(0, 1)[0] == []


def test_reported_when_it_is_another(pulls: Pulls, consul: FakeConsul) -> None:
    pulls.report("node1", {IMAGE: THERE})
    index = consul.index
    pulls.report("node1", {IMAGE: THERE})
    assert consul.index == index


@pytest.mark.parametrize("state", [THERE, "no such image"])
def test_nobody_waits_for_what_is_over(pulls: Pulls, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pulls.report("node1", {IMAGE: state})
    monkeypatch.setattr(adapter.time, "sleep", pytest.fail)
    pulls.wait({IMAGE: ["node1"]}, timeout=60)


def test_waits_for_the_last_node(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    pulls.report("node1", {IMAGE: THERE})
    pulls.report("node2", {IMAGE: PULLING})
    slept = 0

    def sleep(_seconds: float) -> None:
        nonlocal slept
        slept += 1
        if slept == 3:
            pulls.report("node2", {IMAGE: THERE})

    monkeypatch.setattr(adapter.time, "sleep", sleep)
    pulls.wait({IMAGE: ["node1", "node2"]}, timeout=60)
    assert slept == 3


def test_an_agent_that_says_nothing_is_not_waited_for_long(pulls: Pulls) -> None:
    pulls.wait({IMAGE: ["node1"]}, timeout=60)


def test_a_pull_without_end_ends_the_waiting(pulls: Pulls) -> None:
    pulls.report("node1", {IMAGE: PULLING})
    pulls.wait({IMAGE: ["node1"]}, timeout=0.02)
