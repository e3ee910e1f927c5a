from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import AdminError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_tokens import POLICIES, PURPOSES, Step
from ansible_collections.arpanet.cluster.plugins.modules import consul_acl

Run = Callable[..., dict[str, Any]]
EVERYTHING = [
    *(f"make policy arpanet-{name}" for name in POLICIES),
    *(f"make token arpanet-{name}" for name in PURPOSES),
]


class FakeAdmin:
    """A Consul that takes policies and tokens. It breaks off after `patience` of them."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {"policy": {}, "token": {}}
        self.patience = 1000
        self.down = False

    def leader(self) -> str:
        if self.down:
            raise AdminError("Consul does not answer")
        return "10.0.0.1:8300"

    def policies(self) -> list[dict[str, Any]]:
        self.leader()
        return [{"ID": name, **body} for name, body in self.kept["policy"].items()]

    def tokens(self) -> list[dict[str, Any]]:
        self.leader()
        return [{"AccessorID": "first", "Policies": None}, *self.kept["token"].values()]

    def apply(self, step: Step) -> None:
        if not self.patience:
            raise AdminError("cut off")
        self.patience -= 1
        if step.body is None:
            self.kept[step.kind] = {
                name: body for name, body in self.kept[step.kind].items() if body["AccessorID"] != step.id
            }
            return
        name = step.body.get("AccessorID", step.name)
        self.kept[step.kind][name] = dict(step.body)


@pytest.fixture
def consul(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAdmin:
    (tmp_path / "consul-acl").write_text("key")
    monkeypatch.setattr(consul_acl, "KEYS", str(tmp_path))
    monkeypatch.setattr(consul_acl, "RAFT", str(tmp_path / "raft"))
    admin = FakeAdmin()
    monkeypatch.setattr(consul_acl, "Admin", lambda: admin)
    return admin


def test_made_once(run: Run, consul: FakeAdmin) -> None:
    made = run("consul_acl", {})
    assert (made["changed"], made["done"]) == (True, EVERYTHING)
    assert made["diff"]["prepared"].splitlines() == EVERYTHING
    assert run("consul_acl", {})["changed"] is False


def test_whatever_it_is_cut_off_at_the_next_run_finishes_it(run: Run, consul: FakeAdmin) -> None:
    for point in range(len(EVERYTHING)):
        consul.kept, consul.patience = {"policy": {}, "token": {}}, point
        assert "cut off" in run("consul_acl", {})["msg"]
        consul.patience = 1000
        assert run("consul_acl", {})["done"] == EVERYTHING[point:]
        assert run("consul_acl", {})["changed"] is False


def test_check_mode(run: Run, consul: FakeAdmin) -> None:
    assert run("consul_acl", {}, check=True)["done"] == EVERYTHING
    assert consul.kept == {"policy": {}, "token": {}}
    run("consul_acl", {})
    assert run("consul_acl", {}, check=True)["changed"] is False
    consul.down = True
    assert run("consul_acl", {}, check=True)["done"] == EVERYTHING


def test_check_mode_promises_nothing_of_a_server_that_has_stopped(run: Run, consul: FakeAdmin, tmp_path: Path) -> None:
    (tmp_path / "raft").mkdir()
    consul.down = True
    assert run("consul_acl", {}, check=True)["changed"] is False


def test_no_secret_is_in_the_result(run: Run, consul: FakeAdmin) -> None:
    told = str(run("consul_acl", {}))
    assert not [token for token in consul.kept["token"].values() if token["SecretID"] in told]


def test_a_consul_that_is_down(run: Run, consul: FakeAdmin) -> None:
    consul.down = True
    assert "within 0 seconds: Consul does not answer" in run("consul_acl", {"timeout": 0})["msg"]


def test_a_new_key_is_made_beside_the_old_one_and_then_alone(run: Run, consul: FakeAdmin, tmp_path: Path) -> None:
    run("consul_acl", {})
    (tmp_path / "consul-acl-next").write_text("new")
    made = run("consul_acl", {"key": "consul-acl-next"})
    assert made["done"] == [*(f"make token arpanet-{name}" for name in PURPOSES), "make token arpanet-management"]
    before = set(consul.kept["token"])
    (tmp_path / "consul-acl").write_text("new")
    assert all(line.startswith("delete token arpanet-") for line in run("consul_acl", {"only": True})["done"])
    assert len(before) - len(consul.kept["token"]) == len(PURPOSES)
    assert run("consul_acl", {"only": True})["changed"] is False
