"""A run that leaves out all who could see to it does not end well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
FOUND = "plays/manager.yml"


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: str(path.stem))
def test_whoever_goes_on_with_one_manager_has_asked_whether_there_is_one(path: Path) -> None:
    before: list[Any] = []
    for play in yaml.safe_load(path.read_text()):
        if "arpanet_manager" in play.get("hosts", "") or "arpanet.cluster.doctor" in str(play.get("roles")):
            assert FOUND in before
        before.append(play.get("ansible.builtin.import_playbook"))


@pytest.mark.parametrize(
    ("playbook", "asked", "limit", "said"),
    [
        ("drain", "node=node4", "localhost,node4", "all managers"),
        ("scale", "deployment=abc service=web replicas=2", "localhost,node4", "all managers"),
        ("doctor", "repair=true", "localhost,node4", "all managers"),
        ("recover", "confirm=yes", "localhost,node4", "node1, and a majority may live there"),
        # Without the controller, nobody has asked for a confirmation either.
        ("restore", "from=nothing", "node1,node4", "localhost, which checks the request"),
    ],
)
def test_a_limit_without_those_who_see_to_it_is_refused(
    play: Callable[..., Any], playbook: str, asked: str, limit: str, said: str
) -> None:
    refused = play(PLAYBOOKS / f"{playbook}.yml", "-e", asked, "--limit", limit)
    assert refused.returncode == 2, refused.stdout
    assert f"--limit leaves out {said}" in " ".join(refused.stdout.split())
