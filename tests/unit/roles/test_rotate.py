"""Whom the role rotate gives keys to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Roles = Callable[..., Any]
STATUS = [
    {"name": "node1", "role": "manager", "serf": "alive", "consul": "alive"},
    {"name": "node2.example.net", "role": "worker", "serf": "alive", "consul": "alive"},
    {"name": "node3", "role": "worker", "serf": "left", "consul": "left"},
    # In one gossip alone it would be given the key of the other.
    {"name": "node4", "role": "worker", "serf": "alive", "consul": ""},
]


@pytest.mark.parametrize("what", ["serf", "consul", "consul_tokens", "weave"])
@pytest.mark.parametrize(
    ("play", "strangers"),
    [
        ({"node1": "node1", "two": "node2.example.net"}, ""),
        ({"node1": "node1", "bare": "node9"}, "bare"),
        ({"node1": "node1", "node3": "node3", "node4": "node4"}, "node3, node4"),
    ],
)
def test_nobody_else_is_given_a_key(role: Roles, what: str, play: dict[str, str], strangers: str) -> None:
    rotate = role(
        "rotate",
        rotate_what=what,
        ansible_play_hosts=list(play),
        hostvars={
            host: {"inventory_hostname": host, "ansible_facts": {"arpanet_node": {"hostname": name}}}
            for host, name in play.items()
        },
        __rotate_status={"status": {"nodes": STATUS}},
    )
    refusal = rotate.task("main", "Refuse to give a key to a stranger")
    assert rotate.holds(refusal["when"]) is bool(strangers)
    if strangers:
        assert rotate.value(refusal["ansible.builtin.fail"]["msg"]).startswith(f"{strangers} ")
