"""What the one look at a host makes of what it finds."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import host
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import AdminError


@pytest.mark.parametrize(
    ("bridge", "written", "said"),
    [
        ("172.26.0.1/16", '{"bip": "172.17.0.1/16"}', "172.26.0.1/16"),
        # The engine has not started since the host did: what it will make is no other network.
        ("", '{"bip": "172.26.0.1/16"}', "172.26.0.1/16"),
        ("", '{"dns": []}', ""),
        ("", "[]", ""),
        ("", "{", ""),
        ("", None, ""),
    ],
)
def test_the_bridge_of_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bridge: str, written: str | None, said: str
) -> None:
    daemon = tmp_path / "daemon.json"
    if written is not None:
        daemon.write_text(written)
    monkeypatch.setattr(host, "interface_network", lambda _name: bridge)
    monkeypatch.setattr(host, "DAEMON", str(daemon))
    assert host.docker0(host.daemon_settings()) == said


@pytest.mark.parametrize(("started", "active", "stale"), [(-60, True, True), (-60, False, False), (60, True, False)])
def test_a_program_of_a_package_is_as_new_as_the_package_is_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, started: float, active: bool, stale: bool
) -> None:
    program = tmp_path / "consul"
    program.touch()
    # dpkg and rpm keep the time at which it was built.
    os.utime(program, (0, 0))
    since = int((time.clock_gettime(time.CLOCK_MONOTONIC) + started) * 1e6)
    shown = (
        f"Id=consul.service\nActiveState={'active' if active else 'inactive'}\nStateChangeTimestampMonotonic={since}\n"
    )
    monkeypatch.setattr(host, "run", lambda *_words: (0, shown))
    # A moment later, for the kernel's clock of files is a coarse one.
    monkeypatch.setattr(host.time, "time", lambda now=time.time: now() + 1)
    assert host.services({"consul.service": [str(program)]})["consul.service"]["stale"] is stale


@pytest.mark.parametrize(
    ("active", "raft", "answer", "peers"),
    [
        (True, True, ["10.0.0.1:8300", "[fd00::2]:8300"], ["10.0.0.1", "fd00::2"]),
        # It waits for those that it begins with.
        (True, True, [], []),
        (True, True, None, []),
        (True, True, AdminError("does not answer"), None),
        (True, False, ["10.0.0.1:8300"], None),
        (False, True, ["10.0.0.1:8300"], None),
    ],
)
def test_whom_the_raft_of_consul_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, active: bool, raft: bool, answer: Any, peers: list[str] | None
) -> None:
    class Asked:
        def __init__(self, **_options: object) -> None:
            pass

        def ask(self, _method: str, path: str) -> Any:
            assert path == "/v1/status/peers"
            if isinstance(answer, Exception):
                raise answer
            return answer

    monkeypatch.setattr(host, "Admin", Asked)
    monkeypatch.setattr(host, "RAFT", str(tmp_path / ("." if raft else "none")))
    assert host.consul_peers({"active": active}) == peers
