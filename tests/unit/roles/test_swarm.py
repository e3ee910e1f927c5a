"""What the role swarm decides by the one look at the nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Roles = Callable[..., Any]


def looked(state: str, *, silent: bool = False, manager: bool = False) -> dict[str, Any]:
    swarm = {"state": state, "silent": silent, "manager": manager, "quorum": manager and state == "active"}
    return {"hostname": "h", "swarm": swarm}


SILENT = looked("", silent=True)


@pytest.mark.parametrize(
    ("nodes", "starts", "joining", "in_place"),
    [
        ({"m": looked("inactive"), "w": looked("inactive")}, True, ["w"], False),
        ({"m": looked("active", manager=True), "w": looked("active")}, False, [], True),
        ({"m": looked("active", manager=True), "w": looked("inactive")}, False, ["w"], False),
        # Nobody knows yet what they are.
        ({"m": SILENT, "w": looked("inactive")}, False, ["w"], False),
        ({"m": looked("active", manager=True), "w": SILENT}, False, [], False),
        # Bare: no engine, and no swarm on its disk.
        ({"m": looked(""), "w": looked("")}, True, ["w"], False),
    ],
)
def test_who_joins(role: Roles, nodes: dict[str, Any], starts: bool, joining: list[str], in_place: bool) -> None:
    swarm = role(
        "swarm", node_known=nodes, node_managers=["m"], ansible_play_hosts=[*nodes], ansible_play_hosts_all=[*nodes]
    )
    assert swarm.value(swarm.variables["_swarm_starts"]) is starts
    assert swarm.value(swarm.variables["_swarm_joining"]) == joining
    assert swarm.value(swarm.variables["_swarm_in_place"]) is in_place


def test_check_mode_asks_no_manager_that_cannot_tell(role: Roles) -> None:
    for nodes, nobody in (({"m": SILENT}, True), ({"m": looked("active", manager=True)}, False)):
        swarm = role("swarm", node_known=nodes, node_managers=["m"], ansible_play_hosts=["m"], ansible_check_mode=True)
        assert swarm.value(swarm.variables["_swarm_nobody_tells"]) is nobody


@pytest.mark.parametrize("lost", [SILENT, looked("locked"), looked("pending")])
def test_a_manager_that_has_failed_on_the_way_is_asked_about_again(role: Roles, lost: dict[str, Any]) -> None:
    """Otherwise who is left would begin a second swarm."""
    nodes = {"m": lost, "n": looked("inactive")}
    swarm = role(
        "swarm", node_known=nodes, node_managers=["m", "n"], ansible_play_hosts=["n"],
        ansible_play_hosts_all=["m", "n"], ansible_check_mode=False,
    )  # fmt: skip
    assert swarm.value(swarm.variables["_swarm_in_place"]) is False
    assert swarm.holds(swarm.task("configure", "Look again where somebody could not be asked")["when"])
    assert "m" not in swarm.value(swarm.variables["_swarm_run"])
