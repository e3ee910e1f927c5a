"""Who forgets a node that has left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

PLAYBOOK = Path(__file__).parents[3] / "playbooks" / "leave.yml"


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ({"__manager_probe": {"rc": 0}}, True),
        # It has left before, or does not answer, or was not asked at all.
        ({"__manager_probe": {"rc": 1}}, False),
        ({"__manager_probe": {"unreachable": True}}, False),
        ({}, False),
        ({"__manager_probe": {"rc": 0}, "ansible_check_mode": True}, False),
    ],
)
def test_only_managers_of_the_cluster_are_asked_to_forget(known: dict[str, Any], asked: bool) -> None:
    *_, last = DataLoader().load_from_file(str(PLAYBOOK), trusted_as_template=True)
    (task,) = last["tasks"]
    templar = Templar(DataLoader(), {"ansible_check_mode": False, **known})
    assert all(templar.evaluate_conditional(condition) for condition in task["when"]) is asked
