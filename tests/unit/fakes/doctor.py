"""A cluster where nothing is wrong, what can befall it, and what the doctor finds then."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import doctor
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.doctor_facts import Facts
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.findings import Finding
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.ledger import Ledger

from fakes import findings

UNITS = ["docker.service", "consul.service", "serf.service", "arpanet-agent.service", "arpanet-handlers.service"]
LEASES = "arpanet/deployments/abc/leases/"


def placed(instance: str, node: str, address: str) -> dict[str, Any]:
    return {
        "instance": instance,
        "node": node,
        "address": address,
        "state": "running",
        "in_dns": True,
        "container": f"c-{instance}",
    }


def lease(instance: str, node: str) -> dict[str, Any]:
    return {"deployment": "abc", "instance": instance, "node": node, "container": "c", "network": "abc_default"}


def look(node: str, instance: str, address: str) -> dict[str, Any]:
    """What a node that runs one instance of `web` says."""
    everybody = {"web.abc": ["10.32.0.5", "10.32.0.6"]}
    return {
        "node": node,
        "units": {unit: {"active": True, "enabled": True, "stale": False, "state": "active"} for unit in UNITS},
        "errors": {},
        "swarm": {"state": "active"},
        "leases": {f"{LEASES}{address}": lease(instance, node)},
        "serving": {"web.abc": [address]},
        "steps": [],
        "dns": {"127.0.0.1": everybody},
    }


def healthy() -> dict[str, Any]:
    """The arguments of Facts for two nodes with one deployment, to be changed at will."""
    looks = {"node1": look("node1", "1.web.abc", "10.32.0.5"), "node2": look("node2", "2.web.abc", "10.32.0.6")}
    placements = [placed("1.web.abc", "node1", "10.32.0.5"), placed("2.web.abc", "node2", "10.32.0.6")]
    service = {"name": "web", "running": 2, "wanted": 2, "in_dns": 2, "placements": placements}
    return {
        "status": {
            "swarm": {"ok": True},
            "errors": {},
            "findings": [],
            "asked": "node1",
            "nodes": [
                {
                    "name": name,
                    "swarm": "ready",
                    "swarm_id": f"id-{name}",
                    "availability": "active",
                    "role": role,
                    "consul_role": consul,
                }
                for name, role, consul in (("node1", "manager", "server"), ("node2", "worker", "client"))
            ],
            "deployments": [
                {
                    "id": "abc",
                    "networks": {"default": "10.32.0.0/26"},
                    "services": [service],
                    "stray": [],
                    "others": [],
                }
            ],
        },
        "ledger": {
            "deployments": ["abc"],
            "leases": {key: value for one in looks.values() for key, value in copy.deepcopy(one["leases"]).items()},
            "nodes": {"node1": {"networks": {}}, "node2": {"networks": {"eth0": "192.0.2.0/24"}}},
            "owners": {"abc/default": "10.32.0.0/26"},
            "blocks": {"10.32.0.0/26": "abc/default"},
            "volumes": {"abc": {"data": "node1"}, "removed": {"old": "node7"}},
            "pins": {"abc": {"data": "node1"}},
            "moves": {},
            "recorded": {"abc/default": "10.32.0.0/26"},
            "pools": {"default": "10.32.0.0/12"},
            "illegible": {},
            "things": [thing("network", "abc_default", "abc", used=True)],
        },
        "looks": looks,
        "units": {"node1": UNITS, "node2": UNITS},
        "silent": {},
        "managers": ["node1"],
        "hosts": {"node1": "node1", "node2": "beta", "node3": "gamma"},
    }


def thing(kind: str, name: str, deployment: str, used: bool = False) -> dict[str, Any]:
    subnets = ["10.32.0.0/26"] if kind == "network" else []
    return {"kind": kind, "name": name, "deployment": deployment, "subnets": subnets, "used": used}


def found(parts: dict[str, Any]) -> list[Finding]:
    return findings.check(doctor.findings(Facts(**{**parts, "ledger": Ledger(**parts["ledger"])})))


Break = Callable[[dict[str, Any]], object]


def unit(node: str, name: str, **state: Any) -> Break:
    return lambda parts: parts["looks"][node]["units"][name].update(state)


def told(what: str, **finding: Any) -> Break:
    one = Finding(what, "c", "`ip a`", **finding)
    return lambda parts: parts["status"]["findings"].append(one.as_data())


def kept(part: str, **values: Any) -> Break:
    return lambda parts: parts["ledger"][part].update(values)


def begun(node: str, availability: str = "active") -> Break:
    """A move off a node, by Swarm's id of it."""

    def harm(parts: dict[str, Any]) -> None:
        parts["ledger"]["moves"]["abc_web"] = {"deployment": "abc", "node": node}
        parts["status"]["nodes"][1]["availability"] = availability

    return harm


def step(verb: str) -> Break:
    return lambda parts: parts["looks"]["node2"]["steps"].extend(
        {
            "verb": verb,
            "id": f"2.web.abc{form}",
            "address": "10.32.0.6",
            "container": "c-2.web.abc",
            "deployment": "abc",
        }
        for form in ("", ".dns")
    )


def apart(**swarm: str) -> Break:
    node3 = {**look("node3", "", ""), "leases": {}, "serving": {}, "swarm": swarm}
    return lambda parts: parts["looks"].update(node3=node3)


def roles(node: str, swarm: str, consul: str) -> Break:
    def harm(parts: dict[str, Any]) -> None:
        (one,) = (one for one in parts["status"]["nodes"] if one["name"] == node)
        one |= {"role": swarm, "consul_role": consul}

    return harm


def dns(node: str, *addresses: str) -> Break:
    return lambda parts: parts["looks"][node]["dns"]["127.0.0.1"].update({"web.abc": [*addresses]})
