"""What restore.yml does first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PLAYBOOK = Path(__file__).parents[3] / "playbooks" / "restore.yml"


def steps(play: dict[str, Any]) -> list[str]:
    """The roles and entry points of a play, in the order in which they run."""
    found = []
    for task in play.get("pre_tasks", []) + play.get("roles", []) + play.get("post_tasks", []):
        asked = task.get("ansible.builtin.include_role") or task.get("ansible.builtin.import_role") or {}
        found.append(f"{asked.get('name') or task['role']} {asked.get('tasks_from', '')}".strip())
    return [step.removeprefix("arpanet.cluster.") for step in found]


def test_all_hosts_are_looked_at_before_anything_is_changed() -> None:
    _, _, others, first, *_ = yaml.safe_load(PLAYBOOK.read_text())
    assert steps(others) == ["node"]
    assert steps(first) == ["docker preflight", "backup look", "docker", "backup keys", "backup swarm"]
