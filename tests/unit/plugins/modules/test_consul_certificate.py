from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.modules import consul_certificate

Run = Callable[..., dict[str, Any]]
ASKED = {"address": "10.0.0.1"}
GOOD = {"issuer": "CA 1", "subject": "server.dc1.consul", "days": 1000, "names": ["10.0.0.1", "server.dc1.consul"]}


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manager with a CA and no certificate; its certificates say what GOOD does."""
    path = tmp_path / "server.pem"
    (tmp_path / "consul-ca").write_text("a CA")
    monkeypatch.setattr(consul_certificate, "KEYS", str(tmp_path))
    monkeypatch.setattr(consul_certificate, "CERTIFICATE", str(path))
    monkeypatch.setattr(consul_certificate, "USER", "root")
    monkeypatch.setattr(cluster_keys, "decoded", lambda _path: GOOD if path.exists() else {})
    monkeypatch.setattr(cluster_keys, "decoded_text", lambda _pem: {"subject": "CA 1"})
    monkeypatch.setattr(cluster_keys, "make_certificate", lambda *asked: " ".join(asked))
    return path


def test_made_once(run: Run, node: Path) -> None:
    made = run("consul_certificate", ASKED)
    assert (made["changed"], made["certificate"]) == (True, GOOD)
    assert node.read_text() == "/usr/local/bin/consul a CA dc1 10.0.0.1"
    assert node.stat().st_mode & 0o777 == 0o600
    assert run("consul_certificate", ASKED)["changed"] is False


def test_another_address_needs_another(run: Run, node: Path) -> None:
    run("consul_certificate", ASKED)
    assert run("consul_certificate", {"address": "10.0.0.2"})["changed"]
    assert node.read_text().endswith("10.0.0.2")


def test_whoever_else_may_read_it_is_a_change(run: Run, node: Path) -> None:
    run("consul_certificate", ASKED)
    text = node.read_text()
    node.chmod(0o644)
    assert run("consul_certificate", ASKED, check=True)["changed"]
    assert node.stat().st_mode & 0o777 == 0o644
    assert run("consul_certificate", ASKED)["changed"]
    assert (node.stat().st_mode & 0o777, node.read_text()) == (0o600, text)
    assert run("consul_certificate", ASKED)["changed"] is False


def test_check_mode(run: Run, node: Path) -> None:
    assert run("consul_certificate", ASKED, check=True)["changed"]
    assert not node.exists()


def test_no_ca(run: Run, node: Path) -> None:
    (node.parent / "consul-ca").unlink()
    assert run("consul_certificate", ASKED, check=True)["changed"]
    assert "consul-ca: there is none; run site.yml over all managers" in run("consul_certificate", ASKED)["msg"]
