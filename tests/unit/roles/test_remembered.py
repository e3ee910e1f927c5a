"""A change that a run did not come to apply is applied by the next, whichever playbook it is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Roles = Callable[..., Any]

UNITS = {
    "agent": ("arpanet-agent.service", "arpanet-firewall.service"),
    "consul": ("consul.service",),
    "registry": ("arpanet-registry-proxy.service", "arpanet-registry.service"),
    "serf": ("serf.service",),
}
TASKS = {
    ("agent", "prepare"): "Have the agent ready to start",
    ("agent", "configure"): "Write the agent's configuration",
    ("consul", "prepare"): "Have Consul ready to start",
    ("consul", "configure"): "Write Consul's configuration",
    ("registry", "prepare"): "Have the way to the registries ready to start",
    ("registry", "configure"): "Write the configuration of registry and proxy",
    ("serf", "prepare"): "Have Serf ready to start",
    ("serf", "configure"): "Write Serf's configuration",
}
HANDLERS = {
    "agent": "Restart the agent",
    "consul": "Apply Consul's configuration",
    "registry": "Apply the registry's configuration",
    "serf": "Apply Serf's configuration",
}


def on_host(role: Roles, name: str, stale: str, written: bool = False, **variables: Any) -> Any:
    """A worker that runs all, of which one unit is older than its files."""
    services = {
        unit: {"active": True, "enabled": True, "stale": unit == stale, "state": "active"}
        for units in UNITS.values()
        for unit in units
    }
    files = {"changed": written, "changed_paths": [], "changed_keys": {}}
    facts = {"arpanet_node": {"services": services, "consul_open": False}}
    own = {"ansible_facts": facts, "inventory_hostname": "w", "node_role": "worker", f"__{name}_files": files}
    return role(name, **own, **variables)


@pytest.mark.parametrize(("name", "file"), TASKS)
def test_what_is_older_than_its_files_has_changed(role: Roles, name: str, file: str) -> None:
    for stale in UNITS[name]:
        older = on_host(role, name, stale)
        task = older.task(file, TASKS[name, file])
        assert task["register"] == f"__{name}_files" and task["notify"] == HANDLERS[name]
        assert older.holds(task["changed_when"])
    for stale, written in (("", False), ("of nobody", True)):
        host = on_host(role, name, stale, written)
        assert host.holds(host.task(file, TASKS[name, file])["changed_when"]) is written


@pytest.mark.parametrize("name", ["consul", "serf"])
def test_it_restarts_and_does_not_reload(role: Roles, name: str) -> None:
    for stale in ("", *UNITS[name]):
        host = on_host(role, name, stale, _consul_demoted=[])
        assert host.value(host.variables[f"_{name}_needs_restart"]) is bool(stale)


@pytest.mark.parametrize(
    ("asked", "joins", "restarts"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_machine_that_joins_keeps_the_firewall_of_its_cluster(
    role: Roles, asked: bool, joins: bool, restarts: bool
) -> None:
    """Its inventory need not ask for one."""
    host = on_host(role, "agent", "arpanet-firewall.service", agent_firewall=asked, node_joins=joins)
    assert host.holds(host.handler("Restart the firewall")["when"]) is restarts
