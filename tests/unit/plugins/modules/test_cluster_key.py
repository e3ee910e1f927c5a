from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.modules import cluster_key

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cluster_key, "KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


def test_made_once(run: Run, keys: Path) -> None:
    made = run("cluster_key", {"name": "serf"})
    assert made["changed"]
    assert len(base64.b64decode(made["key"])) == 32
    assert ((keys / "serf").stat().st_mode & 0o777, keys.stat().st_mode & 0o777) == (0o600, 0o700)
    again = run("cluster_key", {"name": "serf"})
    assert (again["changed"], again["key"]) == (False, made["key"])
    assert [path.name for path in keys.iterdir()] == ["serf"]


def test_check_mode_makes_none(run: Run, keys: Path) -> None:
    assert run("cluster_key", {"name": "serf"}, check=True)["changed"]
    assert not keys.exists()


def test_never_replaces(run: Run, keys: Path) -> None:
    keys.mkdir()
    (keys / "serf").write_text("theirs\n")
    found = run("cluster_key", {"name": "serf"})
    assert (found["changed"], found["key"]) == (False, "theirs")
    assert (keys / "serf").read_text() == "theirs\n"


def test_a_ca(run: Run, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_key.cluster_keys, "make_ca", lambda program: f"a CA of {program}\n")
    assert run("cluster_key", {"name": "consul-ca-next", "kind": "ca", "program": "/usr/bin/consul"})["key"]
    assert (keys / "consul-ca-next").read_text() == "a CA of /usr/bin/consul\n"
    # In check mode it has the shape of one, for the files that are compared.
    assert "CERTIFICATE" in run("cluster_key", {"name": "other", "kind": "ca"}, check=True)["key"]


def test_empty_and_badly_named(run: Run, keys: Path) -> None:
    keys.mkdir()
    (keys / "serf").touch()
    assert "is empty" in run("cluster_key", {"name": "serf"})["msg"]
    assert "not a key's name" in run("cluster_key", {"name": "../x"})["msg"]
