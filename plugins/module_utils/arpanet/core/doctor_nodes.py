"""What is wrong with a cluster's nodes: their services, parts that do not answer, and whether all have them alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import mends, names
from .diagnosis import silent
from .doctor_facts import Facts, is_active
from .findings import AGENT, NAME, NODE, Finding, said, subject_of

# Restarting these on several managers at once takes the quorum: site.yml does one after the other.
_WITH_QUORUM = ("docker.service", "consul.service")

# Starts and stops with the agent, and not by itself.
_HANDLERS = "arpanet-handlers.service"

# Why a node is in no swarm, by what its own engine says.
_APART = {
    "inactive": "it left, was reset, or a run that lets it in did not come to its end",
    "pending": "it is about to join, and no manager answers it",
    "error": "its engine could not go on with the swarm",
    "locked": "its engine has started again and nobody has unlocked it",
    "active": "it is in another swarm, or was taken out of this one while it was away",
}


def findings(facts: Facts) -> list[Finding]:
    """What is wrong with them, what explains the most first."""
    units = [found for node in sorted(facts.looks) for found in (*_units(node, facts), *_parts(node, facts))]
    return [*units, *_told(facts, units), *_nodes(facts), *_roles(facts)]


def _units(node: str, facts: Facts) -> Iterator[Finding]:
    look = facts.looks[node]
    agent = f"{names.AGENT_SERVICE}.service"
    for unit in facts.units.get(node, ()):
        state = look["units"].get(unit) or {"active": False, "enabled": False, "stale": False, "state": ""}
        if unit == _HANDLERS and not look["units"].get(agent, {}).get("active"):
            continue
        about = AGENT if unit == agent else NODE
        name = unit.removesuffix(".service")
        if not state["state"]:
            yield Finding(
                f"{node} has no {unit}",
                "it was reset, never set up to the end, or somebody removed it",
                facts.site(node),
                about,
                node,
                subject=subject_of(node, name),
                units=(name,),
            )
        elif not state["active"]:
            cause = {
                "inactive": "it was stopped",
                "failed": f"it failed: {mends.journal(node, name)} says why",
                "activating": f"it is still starting, or ends again and again: {mends.journal(node, name)} says why",
            }
            yield Finding(
                f"{unit} does not run on {node}",
                cause.get(state["state"], f"systemd says {state['state']}"),
                mends.service("start", node, name),
                about,
                node,
                {"do": "start", "node": node, "unit": unit},
                subject=subject_of(node, name),
                units=(name,),
            )
        elif state["stale"]:
            together = unit in _WITH_QUORUM
            yield Finding(
                f"{unit} on {node} is older than its program or configuration",
                "a run that changed it did not come to its end, or its package was upgraded by somebody else",
                mends.play("site") if together else mends.service("restart", node, name),
                about,
                node,
                {} if together else {"do": "restart", "node": node, "unit": unit},
                subject=subject_of(node, name),
            )
        if state["state"] and not state["enabled"] and unit != _HANDLERS:
            yield Finding(
                f"{unit} on {node} does not start with the host",
                "it was disabled",
                mends.service("enable", node, name),
                node=node,
                repair={"do": "enable", "node": node, "unit": unit},
            )


def _parts(node: str, facts: Facts) -> Iterator[Finding]:
    """Parts of a node that run and cannot be asked there."""
    look, status = facts.looks[node], facts.status
    for part, unit in (("engine", "docker"), ("swarm", "docker"), ("consul", "consul")):
        if part not in look["errors"] or not is_active(look, f"{unit}.service"):
            continue
        # What was asked for the whole says so itself; without a leader no manager's engine speaks of its swarm.
        if (node == status.get("asked") and part in status["errors"]) or (part == "swarm" and not facts.whole):
            continue
        yield silent(part, look["errors"][part], node)


def _told(facts: Facts, units: Sequence[Finding]) -> Iterator[Finding]:
    """What the picture of the whole says, without what is said better elsewhere."""
    # One that runs explains nothing, whatever else is wrong with it.
    explained = {(found.node, unit) for found in units for unit in found.units}
    for told in facts.status["findings"]:
        one = Finding(**told)
        if one.units and {(one.node, unit) for unit in one.units} <= explained:
            continue
        # Whether a node's names are right was compared on that node.
        if one.about == NAME and "steps" in facts.looks.get(one.node, {}):
            continue
        if one.about == NODE and one.node in facts.silent:
            one = replace(one, cause=f"{one.cause}; Ansible says: {said(facts.silent[one.node], 'nothing')}")
        yield one


def _nodes(facts: Facts) -> Iterator[Finding]:
    told = {one["node"] for one in facts.status["findings"] if one["about"] == NODE}
    for node, reason in sorted(facts.silent.items()):
        if node not in told:
            yield Finding(
                f"{node} does not answer Ansible",
                said(reason, "it gives no reason"),
                f"`ansible {node} -m ping -vvv` says more; when that answers, {mends.play('site', limit=node)}",
                node=node,
                subject=f"node {node}",
            )
    if not facts.whole:
        return
    members = facts.members()
    for node, look in sorted(facts.looks.items()):
        if node not in members and node not in told:
            yield _apart(node, look.get("swarm") or {}, facts.site(node))
    for node in sorted(set(facts.ledger.nodes) - members - set(facts.looks)):
        key = names.node_key(node)
        yield Finding(
            f"{key} is about a node that is in no swarm",
            f"{node} left without it; what it routed is still kept free of subnets",
            mends.delete(key),
            repair={"do": "delete_key", "key": key, "value": facts.ledger.nodes[node]},
        )


def _roles(facts: Facts) -> Iterator[Finding]:
    """Nodes that the inventory, Swarm and Consul have in different roles: site.yml gives one to all three."""
    if not facts.whole or facts.managers is None:
        return
    for one in facts.status["nodes"]:
        node, swarm, consul = one["name"], one.get("role", ""), one.get("consul_role", "")
        if node not in {*facts.looks, *facts.silent} or one["swarm"] != "ready" or not swarm or not consul:
            continue
        manager, server, wanted = swarm == "manager", consul == "server", node in facts.managers
        if manager == server == wanted:
            continue
        promote, demote = mends.play("promote", node=node), mends.play("demote", node=node)
        group, other = ("managers", "workers") if wanted else ("workers", "managers")
        back = promote if wanted else demote
        if manager == server:
            cause = f"{'promote' if manager else 'demote'}.yml made it that, and the inventory was not told"
            mend = f"move it to the group {other} of the inventory; or {back} makes it one of the {group} again"
        else:
            cause = "its role in the swarm was changed by hand, or a run that changes it did not come to its end"
            mend = f"{back} makes it one of the {group}"
        yield Finding(
            f"{node} is among the {group} of the inventory, but a {swarm} of the swarm and a {consul} of Consul",
            cause,
            mend,
            node=node,
            subject=f"role of {node}",
        )


def _apart(node: str, swarm: Mapping[str, Any], again: str) -> Finding:
    state = swarm.get("state") or "unknown"
    cause = _APART.get(state, f"its engine does not say: {mends.journal(node, 'docker')} may")
    mend = {
        "locked": mends.play("site", tags="swarm"),
        "active": f"`docker swarm leave --force` on {node} unless it belongs elsewhere, then {again}",
    }
    error = said(swarm.get("error"), "")
    return Finding(
        f"{node} is in the inventory but in no swarm ({state})",
        f"{cause} ({error})" if error else cause,
        mend.get(state, again),
        node=node,
        subject=f"node {node}",
    )
