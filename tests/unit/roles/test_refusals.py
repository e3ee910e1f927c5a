"""What roles refuse before they change anything, and how one goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Roles = Callable[..., Any]

INVENTORY = {"groups": {"managers": ["n1"]}, "ansible_check_mode": False, "inventory_hostname": "n1"}
HERE = str(Path(__file__))


@pytest.mark.parametrize(
    ("name", "file", "task", "bad", "good", "said"),
    [
        (
            "backup",
            "main",
            "Stop when it is not said where to",
            {"to": ""},
            {"to": "backups"},
            "Say where the backup goes, a directory on the controller: -e to=backups.",
        ),
        (
            "backup",
            "check_restore",
            "Stop when it is not said what to restore",
            {"confirm": "yes"},
            {"confirm": "yes", "from": "x.backup"},
            "Say what to restore, a file of backup.yml: -e from=FILE.",
        ),
        (
            "backup",
            "check_restore",
            "Stop when it is not said what to restore",
            {"from": "x.backup", "confirm": "no"},
            {"from": "x.backup", "ansible_check_mode": True},
            "The old one must be switched off for good: two would be one too many. If that is so, add -e confirm=yes.",
        ),
        (
            "deploy",
            "check_rollback",
            "Stop when it is not said what to roll back",
            {"deployment": "abc", "revision": "last"},
            {"deployment": "abc", "revision": 7},
            "Say what to roll back: ansible-playbook rollback.yml -e deployment=abc [-e revision=7].",
        ),
        (
            "deploy",
            "read",
            "Stop when there is nothing to deploy or nowhere to deploy it",
            {"stack": "fig.yml", "groups": {}},
            {"stack": "fig.yml"},
            "The inventory has no host in the group managers: see inventories/example.",
        ),
        (
            "join",
            "preflight",
            "Refuse a key file that is not there",
            {"join_key_file": "none.key"},
            {"join_key_file": HERE},
            "join_key_file: none.key is no file on the controller",
        ),
        (
            "manager",
            "chosen",
            "Stop when --limit leaves all managers out",
            {},
            {"groups": {"managers": ["n1"], "arpanet_manager": ["n1"]}},
            "--limit leaves out all managers, and one has to see to it. Add one: --limit localhost,n1,…",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(
    role: Roles, name: str, file: str, task: str, bad: dict[str, Any], good: dict[str, Any], said: str
) -> None:
    for variables, goes_on in ((bad, False), (good, True)):
        on_host = role(name, **INVENTORY | variables)
        found = on_host.task(file, task)
        check = found.get("ansible.builtin.assert")
        assert (on_host.holds(check["that"]) if check else not on_host.holds(found["when"])) is goes_on
        message = on_host.value(check["fail_msg"] if check else found["ansible.builtin.fail"]["msg"])
        # Where a sentence is broken into lines says nothing.
        assert goes_on or " ".join(message.split()).endswith(said)
