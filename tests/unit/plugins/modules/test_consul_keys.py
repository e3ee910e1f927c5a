from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.modules import consul_keys

Run = Callable[..., dict[str, Any]]
NAMES = {"consul", "consul-acl", "consul-ca"}


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(consul_keys, "KEYS", str(tmp_path / "keys"))
    monkeypatch.setattr(cluster_keys, "_SCRATCH", str(tmp_path))
    monkeypatch.setattr(
        cluster_keys, "make_ca", lambda program: f"made by {program}\n{consul_keys.cluster_keys.PLACEHOLDER}"
    )
    return tmp_path / "keys"


def test_made_once(run: Run, keys: Path) -> None:
    made = run("consul_keys", {"program": "/opt/consul"})
    assert made["changed"]
    assert set(made["keys"]) == NAMES == {path.name for path in keys.iterdir()}
    assert made["keys"]["consul-ca"].startswith("made by /opt/consul")
    again = run("consul_keys", {})
    assert again["changed"] is False
    assert {name: text.strip() for name, text in again["keys"].items()} == {
        name: text.strip() for name, text in made["keys"].items()
    }


@pytest.mark.parametrize("there", sorted(NAMES))
def test_a_run_that_was_cut_off_is_finished(run: Run, keys: Path, there: str) -> None:
    first = run("consul_keys", {})["keys"]
    for name in NAMES - {there}:
        (keys / name).unlink()
    second = run("consul_keys", {})
    assert second["changed"]
    assert second["keys"][there].strip() == first[there].strip()
    assert {path.name for path in keys.iterdir()} == NAMES


def test_check_mode_makes_none(run: Run, keys: Path) -> None:
    found = run("consul_keys", {}, check=True)
    assert found["changed"]
    assert set(found["keys"]) == NAMES
    assert not keys.exists()


def test_an_empty_key(run: Run, keys: Path) -> None:
    keys.mkdir()
    (keys / "consul-acl").touch()
    found = run("consul_keys", {})
    assert found["failed"]
    assert "consul-acl is empty; put the key there that the other managers have" in found["msg"]
    assert [path.name for path in keys.iterdir()] == ["consul-acl"]
