"""What of ours a reset finds on a host, also where an earlier one was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import host, nft, reset
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.reset import DAEMON, UNITS, Step, plan
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Local

RESTART = [Step("delete", (DAEMON,)), Step("restart", ("docker.service",))]


class Engine:
    """One that runs, and has nothing of ours."""

    def __init__(self, timeout: float) -> None:
        self.local = lambda: Local("inactive")
        self.has_network = lambda name: False
        self.volumes = lambda label: []
        self.plugins = list


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the mark of Docker's configuration is on a host that has nothing of ours."""
    place = tmp_path / "daemon.json"
    monkeypatch.setattr(host, "DAEMON_MARK", str(place))
    monkeypatch.setattr(host, "services", lambda _units: {unit: {"active": False, "enabled": False} for unit in UNITS})
    monkeypatch.setattr(host, "packages", lambda _family: {})
    monkeypatch.setattr(nft, "has", lambda _family, _table: False)
    monkeypatch.setattr(reset.firewalld, "runs", lambda: False)
    monkeypatch.setattr(reset.pwd, "getpwall", list)
    for name, value in (("_Engine", Engine), ("_SYSTEM", tmp_path), ("PATHS", ()), ("SHARED", ())):
        monkeypatch.setattr(reset, name, value)
    return place


def test_nothing_of_ours(mark: Path) -> None:
    assert plan(reset.read(), volumes=False) == []


@pytest.mark.parametrize("deleted", [False, True])
def test_the_engine_restarts_although_a_run_was_cut_off_before(mark: Path, deleted: bool) -> None:
    written = mark.with_name("written")
    mark.symlink_to(written)
    if not deleted:
        written.touch()
    assert plan(reset.read(), volumes=False) == RESTART


def test_somebody_elses_configuration_stays(mark: Path) -> None:
    mark.touch()
    assert plan(reset.read(), volumes=False) == []
