"""What the role operate decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Roles = Callable[..., Any]


@pytest.mark.parametrize(
    ("heard", "answers", "force", "goes_on"),
    [
        (["Swarm", "Consul", "Serf"], True, False, True),
        ([], False, False, True),
        (["Swarm", "Consul", "Serf"], False, False, False),
        # It would be there again.
        (["Swarm", "Consul", "Serf"], False, True, False),
        (["Serf"], False, True, False),
        (["Swarm"], False, False, False),
        (["Swarm"], False, True, True),
    ],
)
def test_a_node_that_lives_and_does_not_answer_is_refused(
    role: Roles, heard: list[str], answers: bool, force: bool, goes_on: bool
) -> None:
    operate = role(
        "operate",
        node="node4",
        force=force,
        hostvars={"node4": {"__operate_probe": {"rc": 0} if answers else {"unreachable": True}}},
        __operate_known={"heard": heard},
    )
    refusal = operate.task("leave", "Stop when the node lives and cannot be told")["ansible.builtin.assert"]
    assert operate.holds(refusal["that"]) is goes_on
    if not goes_on:
        assert f"{heard[-1]} hear" in operate.value(refusal["fail_msg"])
