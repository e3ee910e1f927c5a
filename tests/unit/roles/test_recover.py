"""What the role recover decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Roles = Callable[..., Any]


@pytest.mark.parametrize(
    ("asked", "left_out"),
    [(["a", "b", "c"], ""), (["c"], "a, b"), (["c", "a"], "b")],
)
def test_managers_that_are_not_asked_do_not_count_as_lost(role: Roles, asked: list[str], left_out: str) -> None:
    recover = role("recover", groups={"managers": ["a", "b", "c"]}, ansible_play_hosts_all=asked)
    refusal = recover.task("unasked", "Stop when --limit leaves managers out")["ansible.builtin.assert"]
    assert recover.holds(refusal["that"]) is not bool(left_out)
    if left_out:
        assert f"--limit leaves out {left_out}, and a majority may live there" in recover.value(refusal["fail_msg"])
