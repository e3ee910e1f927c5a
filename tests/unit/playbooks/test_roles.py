"""promote.yml and demote.yml: what comes before site.yml, and after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
FAILS = [{"hosts": "node4", "gather_facts": False, "tasks": [{"ansible.builtin.fail": {}}]}]
Play = Callable[..., Any]


def around(playbook: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The plays before site.yml, and those after it."""
    plays = yaml.safe_load((PLAYBOOKS / f"{playbook}.yml").read_text())
    (site,) = (number for number, play in enumerate(plays) if play.get("ansible.builtin.import_playbook") == "site.yml")
    return plays[:site], plays[site + 1 :]


@pytest.mark.parametrize("playbook", ["promote", "demote"])
def test_a_node_that_does_not_answer_is_refused_before_others_are_told(play: Play, playbook: str) -> None:
    before, _ = around(playbook)
    refused = play(before, "-e", "node=node4")
    assert refused.returncode == 2, refused.stdout
    assert "node4 does not answer Ansible, or --limit leaves it out" in " ".join(refused.stdout.split())


def test_a_node_that_a_limit_leaves_out_is_refused(play: Play) -> None:
    before, _ = around("promote")
    refused = play(before, "-e", "node=node4", "--limit", "localhost,node1")
    assert refused.returncode == 2, refused.stdout
    assert "node4 does not answer Ansible, or --limit leaves it out" in " ".join(refused.stdout.split())


def test_a_node_that_answers_goes_on(play: Play) -> None:
    before, _ = around("promote")
    done = play(before, "-e", "node=node1")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("first", "flags", "said"),
    [
        ([], [], "node4 belongs into the group managers of the inventory now: move it there"),
        ([], ["--check"], "node4 would belong into the group managers of the inventory then: move it there"),
        (FAILS, [], ""),
    ],
)
def test_the_inventory_has_to_follow_who_has_become_it(
    play: Play, first: list[Any], flags: list[str], said: str
) -> None:
    _, after = around("promote")
    words = " ".join(play([*first, *after], "-e", "node=node4", *flags).stdout.split())
    assert said in words
    assert ("belong" in words) is bool(said)
