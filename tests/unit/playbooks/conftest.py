"""Plays against hosts of which nobody is real."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[3]
Plays = list[dict[str, Any]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs plays, or a playbook by its path, where the manager node1 can act and the worker node4 does not answer."""
    (tmp_path / "plays").symlink_to(CHECKOUT / "playbooks" / "plays")
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\n")
    docker.chmod(0o755)
    manager = {"ansible_connection": "local", "ansible_become": False}
    worker = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    groups = {"managers": {"hosts": {"node1": manager}}, "workers": {"hosts": {"node4": worker}}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))

    def run(plays: Plays | Path, *flags: str) -> subprocess.CompletedProcess[str]:
        if not isinstance(plays, Path):
            (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
            plays = tmp_path / "play.yml"
        return subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.yml", str(plays), *flags],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "PATH": f"{tmp_path}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run
