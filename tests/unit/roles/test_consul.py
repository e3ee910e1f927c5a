"""Whom the role consul asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Roles = Callable[..., Any]


@pytest.mark.parametrize(
    ("play", "left", "active", "told"),
    [
        (["m1", "m2", "w"], ["m1", "m2", "w"], [], "m1"),
        # The holder of the keys has failed on the way.
        (["m1", "m2", "w"], ["m2", "w"], ["m1", "m2"], "m2"),
        (["m1", "w"], ["w"], ["m1", "m2"], "m2"),
        (["m1", "w"], ["w"], ["m1"], "m1"),
        # It is left out, and runs.
        (["m2"], ["m2"], ["m1", "m2"], "m1"),
        (["w"], ["w"], ["m1", "m2"], "m1"),
        # Or does not.
        (["w"], ["w"], ["m2"], "m2"),
        (["w"], ["w"], [], "m1"),
    ],
)
def test_whom_the_policies_are_told(
    role: Roles, play: list[str], left: list[str], active: list[str], told: str
) -> None:
    consul = role(
        "consul",
        _consul_key_from="m1",
        node_managers=["m1", "m2"],
        ansible_play_hosts_all=play,
        ansible_play_hosts=left,
        _consul_servers_active=active,
    )
    assert consul.value(consul.variables["_consul_told"]) == told
