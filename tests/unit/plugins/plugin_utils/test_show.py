"""Text is for people, and nowhere else."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from ansible_collections.arpanet.cluster.plugins.plugin_utils import show


@pytest.mark.parametrize("callback", ["default", "ansible.builtin.default", "community.general.yaml", "debug"])
def test_people_see_it(callback: str) -> None:
    assert shown(callback) == ["a  b"]


@pytest.mark.parametrize("callback", ["json", "ansible.posix.json", "ansible.posix.jsonl", "community.general.null"])
def test_programs_do_not(callback: str) -> None:
    assert shown(callback) == []


@pytest.mark.parametrize(
    ("terminal", "callback", "seen"),
    [(True, "default", True), (False, "default", False), (True, "ansible.posix.json", False)],
)
def test_a_terminal_is_watched(terminal: bool, callback: str, seen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "_TERMINAL", terminal)
    with patch.object(show.C.config, "get_config_value", return_value=callback):
        assert show.watched() is seen


def shown(callback: str) -> list[str]:
    with (
        patch.object(show.C.config, "get_config_value", return_value=callback),
        patch.object(show.Display, "display") as display,
    ):
        show.show("a  b")
    return [call.args[0] for call in display.call_args_list]
