"""Nobody takes the next manager down while the last one is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Roles = Callable[..., Any]
CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("state", "manager", "sure", "guarded"),
    [
        ("active", True, False, True),
        # upgrade.yml has counted.
        ("active", True, True, False),
        ("active", False, False, False),
        # It is the one that is down, or of no swarm.
        ("locked", False, False, False),
        ("", True, False, False),
        ("inactive", False, False, False),
    ],
)
def test_whose_engine_waits_for_other_managers(
    role: Roles, state: str, manager: bool, sure: bool, guarded: bool
) -> None:
    facts = {"swarm": {"state": state, "manager": manager}}
    docker = role("docker", ansible_facts={"arpanet_node": facts}, node_may_go=sure)
    task = docker.task("restart_node", "Leave the engine as it is while another manager is down")
    assert docker.holds(task["when"]) is guarded


@pytest.mark.parametrize("name", ["docker", "consul"])
def test_others_are_asked_for_before_anything_is_stopped(name: str) -> None:
    (restart,) = yaml.safe_load((CHECKOUT / f"roles/{name}/tasks/restart_node.yml").read_text())
    assert restart["any_errors_fatal"] is True
    assert restart["block"][0]["arpanet.cluster.peers_up"]["raft"] == {"docker": "swarm", "consul": "consul"}[name]


def test_only_an_upgrade_has_made_sure() -> None:
    sure = {
        file.name
        for file in (CHECKOUT / "playbooks").glob("*.yml")
        for play in yaml.safe_load(file.read_text())
        if play.get("vars", {}).get("node_may_go")
    }
    assert sure == {"upgrade.yml"}
