"""A run that leaves out all who could see to it does not end well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
OPERATE = "arpanet.cluster.operate"


def asked(play: dict[str, Any]) -> set[str]:
    """What a play takes of the role operate."""
    tasks = [task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role") or {}
             for task in play.get("tasks", ())]  # fmt: skip
    return {task["tasks_from"] for task in tasks if task.get("name") == OPERATE}


@pytest.mark.parametrize(
    "playbook",
    ["activate", "backup", "demote", "drain", "leave", "promote", "rebalance", "reboot", "rotate_keys", "upgrade"],
)
def test_whoever_goes_on_with_one_manager_asks_whether_there_is_one(playbook: str) -> None:
    plays = yaml.safe_load((PLAYBOOKS / f"{playbook}.yml").read_text())
    (chosen,) = (number for number, play in enumerate(plays) if "arpanet.cluster.manager" in str(play.get("roles")))
    assert plays[chosen + 1]["hosts"] == "managers:workers"
    assert asked(plays[chosen + 1]) <= {"chosen", "answers"} and asked(plays[chosen + 1])


def test_a_limit_without_managers_is_refused(play: Callable[..., Any]) -> None:
    refused = play(PLAYBOOKS / "drain.yml", "-e", "node=node4", "--limit", "localhost,node4")
    assert refused.returncode == 2, refused.stdout
    assert "--limit leaves out all managers" in " ".join(refused.stdout.split())
