"""What is printed, and what is in the file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.arpanet.cluster.plugins.action import report

DATA = {"healthy": True, "nodes": [{"name": "node1"}]}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(report, "show", texts.append)
    return texts


def run(check: bool = False, **arguments: Any) -> dict[str, Any]:
    task = Mock(args={"text": "NODE\nnode1", "data": DATA, **arguments}, check_mode=check, async_val=0)
    action = report.ActionModule(task, Mock(), Mock(), Mock(), Mock(), Mock())
    return action.run(task_vars={})


def test_the_text_is_shown(shown: list[str]) -> None:
    assert run() == {"changed": False}
    assert shown == ["NODE\nnode1"]


def test_or_the_data(shown: list[str]) -> None:
    run(format="json")
    assert json.loads(shown[0]) == DATA


def test_the_file_gets_the_data_and_changes_once(shown: list[str], tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert run(output=str(path)) == {"changed": True, "output": str(path)}
    assert json.loads(path.read_text()) == DATA
    assert run(output=str(path))["changed"] is False
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_relative_path_starts_where_the_command_was_given(
    shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(output="status.json")["output"] == str(tmp_path / "status.json")


def test_check_mode_writes_nothing(shown: list[str], tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert run(check=True, output=str(path))["changed"] is True
    assert not path.exists()


def test_a_directory_that_is_not_there(shown: list[str], tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "status.json"
    with pytest.raises(AnsibleActionFail, match=rf"{path} cannot be written: No such file or directory"):
        run(output=str(path))
