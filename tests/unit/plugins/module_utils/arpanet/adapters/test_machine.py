"""What a machine knows of itself before it joins."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import machine
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.machine import Machine, MachineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import joining


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The files of a join, in a directory of the test's own."""
    for name in ("KEYRING", "SERF_CONFIG", "CLUSTER"):
        monkeypatch.setattr(joining, name, str(tmp_path / name.lower()))
    monkeypatch.setattr(machine, "MEMORY", (str(tmp_path / "keyring"), str(tmp_path / "snapshot")))
    return tmp_path


def test_a_machine_that_has_never_joined(paths: Path) -> None:
    assert Machine().gossip_keys() == []
    assert Machine().joined() == ""
    Machine().forget_gossip()


def test_one_that_has(paths: Path) -> None:
    (paths / "keyring").write_text('["new", "old"]')
    (paths / "cluster").write_text('{"cluster": "ours", "ca": "x"}')
    (paths / "snapshot").write_text("alive: node1")
    assert Machine().gossip_keys() == ["new", "old"]
    assert Machine().joined() == "ours:x"
    Machine().forget_gossip()
    assert not (paths / "keyring").exists() and not (paths / "snapshot").exists()


@pytest.mark.parametrize("text", ["no json", "7"])
def test_files_that_are_broken_are_named(paths: Path, text: str) -> None:
    (paths / "keyring").write_text(text)
    (paths / "cluster").write_text(text)
    with pytest.raises(MachineError, match="keyring cannot be read"):
        Machine().gossip_keys()
    with pytest.raises(MachineError, match="cluster cannot be read"):
        Machine().joined()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "UNIT_FILES", str(tmp_path))
    monkeypatch.setattr(machine.shutil, "which", lambda program, path: None if program == "consul" else program)
    (tmp_path / joining.SERF).write_text("")
    assert Machine().lacking() == ["consul", joining.CONSUL, joining.PROXY, joining.AGENT]


def test_who_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert Machine().listens("127.0.0.1", port) == ""
    assert Machine().listens("127.0.0.1", port) == "Connection refused"


def test_the_way_to_a_member_tells_the_own_address() -> None:
    assert Machine().address_towards("127.0.0.1") == "127.0.0.1"
    assert Machine().resolve("127.0.0.1") == "127.0.0.1"
    assert Machine().resolve("no.such.host.invalid") == ""


def test_a_unit_that_fails_says_where_to_look() -> None:
    with pytest.raises(MachineError, match="systemctl"):
        Machine().restart("no-such-unit-of-ours.service")
