"""What the one look at a host makes of what it finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import host


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
