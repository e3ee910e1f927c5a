from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.modules import consul_ready

Run = Callable[..., dict[str, Any]]


class FakeAdmin:
    def __init__(self) -> None:
        self.leads, self.may_lose = "10.0.0.1:8300", 1

    def leader(self) -> str:
        return self.leads

    def tolerance(self) -> int:
        return self.may_lose


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> FakeAdmin:
    admin = FakeAdmin()
    monkeypatch.setattr(consul_ready, "Admin", lambda: admin)
    return admin


def test_ready(run: Run, consul: FakeAdmin) -> None:
    assert run("consul_ready", {})["leader"] == "10.0.0.1:8300"
    assert run("consul_ready", {"tolerance": 1})["changed"] is False


def test_not_ready(run: Run, consul: FakeAdmin) -> None:
    found = run("consul_ready", {"tolerance": 2, "timeout": 0})
    assert found["msg"].startswith(
        "Consul's servers are not so healthy that 2 may be lost within 0 seconds. journalctl"
    )
    consul.leads = ""
    assert run("consul_ready", {"timeout": 0})["msg"].startswith("Consul knows no leader within 0 seconds. journalctl")


def test_check_mode_does_not_wait(run: Run, consul: FakeAdmin) -> None:
    consul.leads = ""
    assert run("consul_ready", {}, check=True)["changed"] is False
