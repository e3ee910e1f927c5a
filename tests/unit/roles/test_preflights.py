"""What roles refuse, they refuse before a playbook has changed anything anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[3]
PREFIX = "arpanet.cluster."
# `node` comes with each of them, `join` is for machines that are in no cluster yet.
CHECKED = {path.parents[1].name for path in CHECKOUT.glob("roles/*/tasks/preflight.yml")} - {"node", "join"}

PROBLEMS = re.compile(r"\b_(\w+?)_problems\b")

Play = dict[str, Any]


def plays(playbook: str) -> list[Play]:
    found: list[Play] = yaml.safe_load((CHECKOUT / "playbooks" / f"{playbook}.yml").read_text())
    return found


def preflights(play: Play) -> Iterator[tuple[str, bool]]:
    """The roles whose checks a play makes, and whether one host's refusal ends it for all."""
    for task in [*play.get("pre_tasks", ()), *play.get("tasks", ())]:
        for one in task.get("block", [task]):
            asked = one.get("ansible.builtin.import_role", {})
            if asked.get("tasks_from") == "preflight":
                yield asked["name"].removeprefix(PREFIX), task.get("any_errors_fatal", False)
            # Several at once, for each role has what it refuses as a variable.
            for role in PROBLEMS.findall(one.get("vars", {}).get("_problems", "")):
                yield role, True


def changing(play: Play) -> set[str]:
    """The roles that a play runs and that have checks."""
    imported = {
        task["ansible.builtin.import_role"]["name"]
        for task in play.get("tasks", ())
        if task.get("ansible.builtin.import_role", {}).get("tasks_from") == "converge"
    }
    return {name.removeprefix(PREFIX) for name in {role["role"] for role in play.get("roles", ())} | imported} & CHECKED


@pytest.mark.parametrize("role", sorted(CHECKED - {"bundle"}))
def test_a_role_refuses_by_itself_what_a_play_over_all_refuses(role: str) -> None:
    (task,) = yaml.safe_load((CHECKOUT / "roles" / role / "tasks" / "preflight.yml").read_text())
    assert task["ansible.builtin.fail"]["msg"] == f"{{{{ _{role}_problems | join('\n') }}}}"
    assert task["run_once"] is True and task["when"] == f"_{role}_problems | length > 0"
    assert f"_{role}_problems" in yaml.safe_load((CHECKOUT / "roles" / role / "vars" / "main.yml").read_text())


def test_site_checks_the_settings_of_what_it_converges() -> None:
    (play,) = [play for play in plays("site") if changing(play)]
    assert set(play["vars"]["node_checked"]) == changing(play) | {"firewalld"}


@pytest.mark.parametrize(("playbook", "checked"), [("site", CHECKED), ("upgrade", CHECKED - {"swarm"})])
def test_all_is_checked_before_a_role_changes_something(playbook: str, checked: set[str]) -> None:
    found: set[str] = set()
    for play in plays(playbook):
        found |= {role for role, _ in preflights(play)}
        assert not changing(play) or found == checked
    assert found == checked


def test_an_upgrade_ends_for_all_nodes_when_one_is_refused() -> None:
    (asked,) = [[*preflights(play)] for play in plays("upgrade") if [*preflights(play)]]
    assert all(fatal for _, fatal in asked)


@pytest.mark.parametrize(
    ("playbook", "asked"), [("upgrade", True), ("rotate_keys", True), ("site", False), ("reboot", False)]
)
def test_who_changes_no_roles_wants_groups_that_are_true(playbook: str, asked: bool) -> None:
    assert [play["vars"]["node_grouped"] for play in plays(playbook) if "node_grouped" in play.get("vars", {})] == (
        [True] * asked
    )
    refusal = next(
        task
        for task in yaml.safe_load((CHECKOUT / "roles" / "node" / "tasks" / "preflight.yml").read_text())
        if "_node_problems" in task.get("vars", {})
    )
    assert "group_problems(node_managers) if node_grouped" in refusal["vars"]["_node_problems"]
