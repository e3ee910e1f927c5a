"""What who sits at a terminal sees of a module that takes its time, and what others see."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.arpanet.cluster.plugins.action import node_drain
from ansible_collections.arpanet.cluster.plugins.plugin_utils import watched

ANSWER = {"changed": True, "text": "~ service abc_web (1 instance to other nodes)\n~ node node2: active -> drain"}
LINES = [f"  {line}" for line in ANSWER["text"].splitlines()]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(watched, "show", lines.append)
    return lines


def action(work: Any) -> node_drain.ActionModule:
    """The action with another module, which gets its arguments."""
    made = node_drain.ActionModule(Mock(args={"node": "node2"}, async_val=0), *(Mock() for _ in range(5)))
    made._execute_module = lambda module_args, task_vars: work(module_args)
    return made


def test_what_was_done_is_shown_in_the_end(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "watched", lambda: False)
    asked: list[dict[str, Any]] = []
    result = action(lambda given: asked.append(given) or ANSWER).run(task_vars={})
    assert shown == LINES
    assert asked == [{"node": "node2"}]
    assert result["changed"]


def test_at_a_terminal_it_is_shown_as_it_is_done(
    shown: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watched, "watched", lambda: True)
    told = ["~ node node2: active -> drain", "abc_web 1/1 running"]

    def work(given: dict[str, Any]) -> dict[str, Any]:
        Path(given["progress"]).write_text("".join(f"{line}\n" for line in told))
        return ANSWER

    made = action(work)
    made._make_tmp_path = lambda: str(tmp_path)
    made._remove_tmp_path = lambda path: None
    made._connection._shell.join_path = lambda *parts: "/".join(parts)
    file = tmp_path / "progress"
    made._low_level_execute_command = lambda command, sudoable: {"stdout": file.read_text() if file.exists() else ""}
    made.run(task_vars={})
    assert shown == [f"  {line}" for line in told]
