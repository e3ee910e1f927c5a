from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.modules import package_upgrades

Run = Callable[..., dict[str, Any]]
POLICY = "docker.io:\n  Installed: 1\n  Candidate: 2\nserf:\n  Installed: 1\n  Candidate: 2\n"


@pytest.mark.parametrize(
    ("held", "upgrades"),
    [
        ("", {"docker.io": ["1", "2"], "serf": ["1", "2"]}),
        ("docker.io\n", {"serf": ["1", "2"]}),
        ("docker.io\nserf\n", {}),
    ],
)
def test_what_is_held_stays(run: Run, monkeypatch: pytest.MonkeyPatch, held: str, upgrades: dict[str, Any]) -> None:
    def said(program: str, *words: str, timeout: float = 0) -> tuple[int, str]:
        return 0, {"apt-cache": POLICY, "apt-mark": held}[program]

    monkeypatch.setattr(package_upgrades.host, "text", lambda path: "ID=debian\nVERSION_ID=13\n")
    monkeypatch.setattr(package_upgrades.host, "packages", lambda family: {"docker.io": "1", "serf": "1"})
    monkeypatch.setattr(package_upgrades.host, "run", said)
    warned: list[str] = []
    monkeypatch.setattr(package_upgrades.AnsibleModule, "warn", lambda self, warning: warned.append(warning))
    found = run("package_upgrades", {"names": ["docker.io", "serf", "consul"], "refresh": False})
    assert (found["changed"], found["upgrades"]) == (False, upgrades)
    assert [f"`apt-mark unhold {' '.join(held.split())}`" in one for one in warned] == ([True] if held else [])
