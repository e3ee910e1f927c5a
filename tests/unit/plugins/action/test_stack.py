"""The stack action: what goes to the manager, and what comes back to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.arpanet.cluster.plugins.action import stack
from ansible_collections.arpanet.cluster.plugins.plugin_utils import watched

FAILED = {
    "failed": True,
    "msg": "deployment abc: service web: 0 of 1 instances arrived",
    "plan": [{"kind": "service", "name": "abc_web", "action": "create", "restarts": False, "fields": {"image": "x"}}],
    "diff": {"before": {}, "after": {}},
    "failures": [{"instance": "1.web", "node": "node1", "reason": "exit (1)", "exit_code": 1, "log": ["last words"]}],
    "changed": True,
}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(stack, "show", lines.append)
    monkeypatch.setattr(watched, "watched", lambda: False)
    return lines


def run(answer: dict[str, Any], **arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result, and what the module was asked."""
    action = stack.ActionModule(Mock(args=arguments, check_mode=False, async_val=0), *(Mock() for _ in range(5)))
    asked: dict[str, Any] = {}
    action._execute_module = lambda module_args, task_vars: asked.update(module_args) or answer
    return action.run(task_vars={}), asked


def test_a_failure_is_short_where_people_read_it(shown: list[str]) -> None:
    result, _ = run(FAILED, state="scaled", deployment="abc")
    assert not {"plan", "diff"} & result.keys()
    assert result["failures"] == [{"instance": "1.web", "node": "node1", "reason": "exit (1)", "exit_code": 1}]
    assert shown == ["  + service abc_web", "  ! 1.web on node1: exit (1)", "      last words"]


def test_programs_get_all_of_it(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "for_people", lambda: False)
    result, _ = run(FAILED, state="scaled", deployment="abc")
    assert result.items() >= FAILED.items()


def test_what_the_manager_is_asked(shown: list[str], tmp_path: Path) -> None:
    file, config = tmp_path / "compose.yml", tmp_path / "config.json"
    file.write_text("services: {web: {image: 'r.example.com/web:$TAG'}}\n")
    config.write_text(json.dumps({"auths": {"r.example.com": {"username": "me", "password": "hunter2"}}}))
    given = {"registry_auth": str(config), "registry_logins": {}, "environment": {"TAG": "7"}}
    _, asked = run({}, deployment="abc", file=str(file), **given)
    assert json.loads(asked["registry_credentials"])["r.example.com"]["password"] == "hunter2"
    assert json.loads(asked["model"])["services"]["web"]["image"] == "r.example.com/web:7"
    # How the file was read may hold what must not be shown, and is no business of the manager's.
    assert not {"file", "environment", "registry_auth", "registry_logins"} & asked.keys()
