"""What the role operate decides."""

from __future__ import annotations

from base64 import b64encode
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


def upgraded(role: Roles, availability: str, mark: str | None, *packages: str) -> Any:
    """A node that Swarm says this of, with this in the mark of an upgrade that was broken off, and these newer."""
    return role(
        "operate",
        node_bundle="",
        groups={"arpanet_manager": ["node1"]},
        hostvars={
            "node1": {
                "__operate_status": {"status": {"nodes": [{"name": "node4", "availability": availability}]}},
            }
        },
        ansible_facts={"arpanet_node": {"hostname": "node4"}},
        __operate_sources={"upgrades": {name: ["1", "2"] for name in packages}},
        __operate_begun={"stat": {"exists": mark is not None}},
        __operate_before={} if mark is None else {"content": b64encode(mark.encode()).decode()},
    )


@pytest.mark.parametrize(
    ("availability", "mark", "packages", "restarts", "reactivates"),
    [
        ("active", None, [], False, False),
        ("active", None, ["consul"], False, False),
        ("active", None, ["docker.io"], True, True),
        ("drain", None, ["docker.io"], True, False),
        # The packages are new, and the old engine runs.
        ("drain", "drain\n", [], True, False),
        # It was emptied for the upgrade.
        ("drain", "active\n", [], True, True),
        ("drain", "active\n", ["containerd"], True, True),
    ],
)
def test_what_an_upgrade_goes_on_with(
    role: Roles, availability: str, mark: str | None, packages: list[str], restarts: bool, reactivates: bool
) -> None:
    operate = upgraded(role, availability, mark, *packages)
    for task, wanted in (
        (operate.task("upgrade_begin", "Empty the node"), restarts),
        (operate.task("upgrade_begin", "Restart the engine"), restarts),
        (operate.task("upgrade_end", "Let the node take instances again"), reactivates),
    ):
        assert operate.holds(task["when"]) is wanted, task["name"]


def test_what_runs_on_as_it_was_is_upgraded(role: Roles) -> None:
    """Its program is the new one: no source has anything newer."""
    operate = upgraded(role, "active", None)
    units = {
        "docker.service": True,
        "consul.service": True,
        "serf.service": False,
        "arpanet-agent.service": True,
        "arpanet-registry.service": True,
    }
    operate.variables["ansible_facts"]["arpanet_node"]["services"] = {
        unit: {"active": True, "stale": stale} for unit, stale in units.items()
    }
    operate.variables |= {"__consul_wanted": {}, "__serf_wanted": {}, "__operate_agent": {"changed": False}}
    task = operate.task("versions", "Put together what is newer")["ansible.builtin.set_fact"]
    restarted = ["older than its files", "restarted"]
    assert operate.value(task["__operate_upgrades"]) == {
        "consul.service": restarted,
        "arpanet-agent.service": restarted,
    }


@pytest.mark.parametrize("availability", ["active", "drain", "pause"])
def test_the_mark_of_an_upgrade_says_what_the_node_was(role: Roles, availability: str) -> None:
    operate = upgraded(role, availability, None, "docker.io")
    task = operate.task("upgrade_begin", "Remember that this node is being upgraded")
    mark = operate.value(task["arpanet.cluster.files"]["files"])[-1]
    assert (mark["path"], mark["content"], mark["keep"]) == ("/var/lib/arpanet/upgrading", f"{availability}\n", True)
    assert operate.value(operate.variables["_operate_before"]) == availability


@pytest.mark.parametrize(
    ("before", "mark", "now", "forgotten"),
    [
        # Refused, or put back: who empties it by hand from here on wants it to stay so.
        ("active", None, "active", True),
        ("drain", None, "drain", True),
        ("pause", None, "pause", True),
        # It was emptied as far as that it takes nothing, and something is still stopping there.
        ("active", None, "drain", False),
        ("active", None, "pause", False),
        # Left by a run before: what it says is older.
        ("drain", "active\n", "drain", False),
        ("active", "active\n", "active", False),
    ],
)
def test_a_node_that_is_not_emptied_keeps_no_mark_of_this_run(
    role: Roles, before: str, mark: str | None, now: str, forgotten: bool
) -> None:
    operate = upgraded(role, before, mark, "docker.io")
    operate.variables["__operate_refused"] = {"status": {"nodes": [{"name": "node4", "availability": now}]}}
    task = operate.task("upgrade_begin", "Forget the upgrade where the node is as it was")
    assert operate.holds(task["when"]) is forgotten
    (entry,) = operate.value(task["arpanet.cluster.files"]["files"])
    assert entry == {"path": "/var/lib/arpanet/upgrading", "state": "absent"}
