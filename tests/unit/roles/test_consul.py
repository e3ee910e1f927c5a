"""Whom the role consul asks, and what it restarts when."""

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


@pytest.mark.parametrize(
    ("result", "why"),
    [({"msg": "No package matching 'consul' is available"}, "No package matching"), ({}, "see above")],
)
def test_what_to_do_without_a_package(role: Roles, result: dict[str, str], why: str) -> None:
    consul = role("consul", inventory_hostname="n1", ansible_failed_result=result)
    said = consul.value(consul.task("install", "Say what to do without the package")["ansible.builtin.fail"]["msg"])
    assert said.startswith(f"The package consul cannot be installed on n1: {why}")
    assert "leave consul_source at archive" in said


ARPANET = "/etc/consul.d/arpanet.json"
FIRST, WAIT, AFTER = (
    "Restart Consul where it carries nothing yet, or nothing that is understood",
    "Wait for Consul",
    "Restart Consul",
)


def changed(role: Roles, *keys: str, state: str = "active", manager: bool = True, **found: Any) -> Any:
    """A node whose Consul has these keys changed in its configuration, and what the look at it found."""
    facts = {
        "services": {"consul.service": {"active": state == "active", "stale": False, "state": state}},
        "consul_open": False,
        "consul_peers": ["10.0.0.1", "10.0.0.2"] if manager else None,
        "consul_raft": manager,
        **found,
    }
    return role(
        "consul",
        ansible_facts={"arpanet_node": facts},
        node_known={"n": facts},
        node_role="manager" if manager else "worker",
        node_managers=["n"] if manager else [],
        node_may_go=False,
        inventory_hostname="n",
        ansible_play_hosts=["n"],
        ansible_check_mode=False,
        __consul_files={"changed_keys": {ARPANET: list(keys)}, "changed_paths": [ARPANET] if keys else []},
    )


def notified(consul: Any) -> list[str]:
    """The handlers that run when the configuration is applied, in their order."""
    return [
        handler["name"]
        for handler in consul.handlers()
        if "listen" in handler and consul.holds(handler.get("when", True))
    ]


@pytest.mark.parametrize(
    ("keys", "found", "run"),
    [
        (["bootstrap_expect"], {}, ["Reload Consul"]),
        (["ports"], {}, [AFTER]),
        # It waits for three, and there are to be two: it reads this when it starts and no more.
        (["bootstrap_expect"], {"consul_peers": []}, [FIRST]),
        (["retry_join"], {"consul_peers": []}, ["Reload Consul"]),
        (["bootstrap_expect"], {"consul_peers": None}, ["Reload Consul"]),
        (["acl"], {"consul_open": True}, [FIRST]),
        (["acl"], {"consul_open": True, "manager": False}, [FIRST]),
        # Not running: it starts with its configuration.
        (["ports"], {"state": "inactive"}, []),
        # It becomes a client, and has left the raft in a run that was cut off.
        (["server"], {"state": "inactive", "manager": False, "consul_raft": True}, [AFTER]),
    ],
)
def test_what_a_changed_configuration_restarts(
    role: Roles, keys: list[str], found: dict[str, Any], run: list[str]
) -> None:
    assert notified(changed(role, *keys, **found)) == run


def test_who_has_started_is_waited_for_between_restarts(role: Roles) -> None:
    """After those without which there is no leader, and before those that would take one down."""
    names = [handler["name"] for handler in changed(role).handlers()]
    assert names[-3:] == [FIRST, WAIT, AFTER]


@pytest.mark.parametrize(
    ("found", "sure", "guarded"),
    [
        ({}, False, True),
        # upgrade.yml has counted.
        ({}, True, False),
        ({"manager": False}, False, False),
        # A worker that becomes a manager, and a manager that becomes a worker.
        ({"consul_raft": False}, False, False),
        ({"manager": False, "consul_raft": True}, False, False),
    ],
)
def test_whose_restart_waits_for_other_servers(role: Roles, found: dict[str, Any], sure: bool, guarded: bool) -> None:
    consul = changed(role, "ports", **found)
    consul.variables["node_may_go"] = sure
    task = consul.task("restart_node", "Leave Consul as it is while another server is down")
    assert consul.holds(task["when"]) is guarded


@pytest.mark.parametrize(("state", "wanted"), [("inactive", "started"), ("activating", "restarted"), ("", "started")])
def test_a_consul_that_ends_over_and_over_is_not_taken_for_started(role: Roles, state: str, wanted: str) -> None:
    consul = changed(role, state=state)
    assert consul.value(consul.task("start", "Start Consul")["ansible.builtin.systemd_service"]["state"]) == wanted
