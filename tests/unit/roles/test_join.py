"""What the role join says of the way to machines that no inventory names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[3]
PASSWORD = "the-password-of-nobody"
#: Nobody answers there.
NOBODY = "127.0.0.1"


@pytest.mark.parametrize(
    ("tasks", "variables", "said"),
    [
        ("key", {"join_address": f"serf://{NOBODY}"}, "The key of the cluster's gossip is on none of"),
        ("manager", {"__join": {"managers": {"node1": NOBODY}}, "node_name": "new"}, "new has joined as a worker"),
    ],
)
def test_passwords_are_in_no_log(tmp_path: Path, tasks: str, variables: dict[str, object], said: str) -> None:
    login = {"ansible_host": NOBODY, "ansible_port": 1, "ansible_user": "joiner", "ansible_become_password": PASSWORD}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"new": login}}}))
    role = CHECKOUT / "roles" / "join"
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars_files": [str(role / kind / "main.yml") for kind in ("defaults", "vars")],
        # Without the look at the machine that the role depends on.
        "tasks": [{"ansible.builtin.include_tasks": str(role / "tasks" / f"{tasks}.yml"), "vars": variables}],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-v", "-i", "hosts.yml", "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert said in " ".join(done.stdout.split()), done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
