"""Whom a rotation has to do with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Roles = Callable[..., Any]

TASKS = Path(__file__).parents[3] / "roles/rotate/tasks/main.yml"


def on_host(role: Roles, *given: str, **variables: Any) -> Any:
    """A manager that was given the keys of these gossips."""
    return role(
        "rotate",
        _rotate_given=[*given],
        inventory_hostname="n1",
        groups={"managers": ["n1"]},
        ansible_check_mode=False,
        __rotate_next={"key": "NEW"},
        **variables,
    )


@pytest.mark.parametrize(("given", "ends"), [((), True), (("serf",), False), (("serf", "consul"), False)])
def test_who_is_no_node_yet_is_left_alone_before_anything_else(role: Roles, given: tuple[str, ...], ends: bool) -> None:
    host = on_host(role, *given)
    task = host.task("main", "Leave alone who is no node yet")
    assert task["ansible.builtin.meta"] == "end_host" and host.holds(task["when"]) is ends
    assert yaml.safe_load(TASKS.read_text())[0]["name"] == task["name"]


@pytest.mark.parametrize(
    ("given", "gossip", "reads"),
    [
        (("serf", "consul"), "consul", True),
        (("serf", "consul"), "serf", False),
        # site.yml was cut off between the two: it has no Consul that could read its files.
        (("serf",), "consul", False),
    ],
)
def test_which_consul_is_told(role: Roles, given: tuple[str, ...], gossip: str, reads: bool) -> None:
    host = on_host(role, *given, rotate_gossip=gossip)
    task = host.task("gossip", "Keep the new key")
    kept = [entry["path"] for entry in host.value(task["arpanet.cluster.files"]["files"])]
    assert kept == [f"/etc/arpanet/keys/{gossip}", *["/etc/consul.d/gossip.json"] * reads]
    assert host.holds(host.task("gossip", "Have Consul read its files again")["when"]) is reads
