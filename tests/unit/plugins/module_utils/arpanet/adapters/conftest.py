"""A cluster to deploy to."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import arrival, rollout
from fakes.swarm import Cluster


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (arrival, rollout):
        monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 0.0)


@pytest.fixture
def cluster(_no_waiting: None) -> Cluster:
    return Cluster()
