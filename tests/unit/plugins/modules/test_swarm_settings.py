from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Settings
from ansible_collections.arpanet.cluster.plugins.modules import swarm_settings

Run = Callable[..., dict[str, Any]]


class FakeSwarm:
    def __init__(self) -> None:
        self.found = Settings()

    def settings(self) -> Settings:
        return self.found

    def settle(self, wanted: Settings) -> None:
        self.found = wanted


@pytest.fixture
def swarm(monkeypatch: pytest.MonkeyPatch) -> FakeSwarm:
    fake = FakeSwarm()
    monkeypatch.setattr(swarm_settings, "Swarm", lambda: fake)
    return fake


def test_only_what_is_given_is_set(run: Run, swarm: FakeSwarm) -> None:
    assert run("swarm_settings", {})["changed"] is False
    set_ = run("swarm_settings", {"certificate_days": 30})
    assert set_["changed"] and set_["diff"]["after"] == {"autolock": False, "certificate_days": 30}
    assert run("swarm_settings", {"autolock": True})["changed"]
    assert swarm.found == Settings(autolock=True, certificate_days=30)
    assert run("swarm_settings", {"autolock": True, "certificate_days": 30})["changed"] is False


def test_check_mode(run: Run, swarm: FakeSwarm) -> None:
    assert run("swarm_settings", {"autolock": True}, check=True)["changed"]
    assert swarm.found == Settings()
