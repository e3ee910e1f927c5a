from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.modules import consul_ready

Run = Callable[..., dict[str, Any]]


class FakeAdmin:
    def __init__(self) -> None:
        self.leads, self.ill = "10.0.0.1:8300", {"n3"}

    def leader(self) -> str:
        return self.leads

    def ailing(self, names: list[str]) -> list[str]:
        return sorted(self.ill & {*names})


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> FakeAdmin:
    admin = FakeAdmin()
    monkeypatch.setattr(consul_ready, "Admin", lambda: admin)
    return admin


def test_ready(run: Run, consul: FakeAdmin) -> None:
    assert run("consul_ready", {})["leader"] == "10.0.0.1:8300"
    assert run("consul_ready", {"servers": ["n1", "n2"]})["changed"] is False


def test_not_ready(run: Run, consul: FakeAdmin) -> None:
    found = run("consul_ready", {"servers": ["n2", "n3"], "timeout": 0})
    assert found["msg"] == (
        "Not all of Consul's servers are healthy within 0 seconds. `journalctl -u consul` says why, on n3"
    )
    consul.leads = ""
    assert run("consul_ready", {"timeout": 0})["msg"] == (
        "Consul knows no leader within 0 seconds. `journalctl -u consul` says why, on this node"
    )


def test_check_mode_does_not_wait(run: Run, consul: FakeAdmin) -> None:
    consul.leads = ""
    assert run("consul_ready", {}, check=True)["changed"] is False
