"""What is wrong with a cluster and what mends it, from looks at all its parts and all its nodes.

Three kinds of facts are compared: the picture of the whole (core.status), what is kept for the whole
(core.ledger), and a look at each node (adapters.checkup). A node that was not looked at is judged by
what its peers say; nothing is claimed that only it could have told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import certificates, mends, names, subnet_marks
from .english import counted
from .findings import AGENT, NAME, NODE, Finding, said
from .ledger import Ledger

Look = Mapping[str, Any]

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


@dataclass(frozen=True)
class Facts:
    """`status` is core.status_text.as_data's, `looks` are by node, `units` what each node has to run.

    `silent` are nodes of the inventory that Ansible could not look at, and why.
    """

    status: Mapping[str, Any]
    ledger: Ledger
    looks: Mapping[str, Look]
    units: Mapping[str, Sequence[str]] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Can it be said of something that nobody knows it?"""
        return bool(self.status["swarm"]["ok"]) and not {"swarm", "consul"} & set(self.status["errors"])

    def members(self) -> set[str]:
        """Names of the swarm's nodes."""
        return {node["name"] for node in self.status["nodes"] if node["swarm"]}

    def states(self, node: str) -> list[str]:
        """What Swarm says of the entries of a node."""
        return [one["swarm"] for one in self.status["nodes"] if one["name"] == node and one["swarm"]]

    def deployments(self) -> set[str]:
        """Ids of what runs or is recorded."""
        running = {
            one["id"]
            for one in self.status["deployments"]
            if any(service["running"] is not None for service in one["services"])
        }
        return running | set(self.ledger.deployments)

    def resting(self, deployment: str) -> bool:
        """Is nobody at work on it?"""
        return deployment not in self.ledger.locked


def findings(facts: Facts) -> list[Finding]:
    """Everything that is wrong, the most far-reaching first; none in a healthy cluster."""
    units = [found for node in sorted(facts.looks) for found in _units(node, facts)]
    registrations = [found for node in sorted(facts.looks) for found in _registrations(node, facts)]
    return [
        *units,
        *_told(facts, units),
        *_nodes(facts),
        *certificates.findings(facts.looks),
        *registrations,
        *(found for node in sorted(facts.looks) for found in _dns(node, facts)),
        *_leases(facts),
        *subnet_marks.findings(facts.ledger),
        *_networks(facts),
        *_things(facts),
        *_volumes(facts),
        *_moves(facts),
    ]


def as_text(found: Sequence[Finding], nodes: int, deployments: int, mended: Sequence[str] = ()) -> str:
    """For people: what was mended, what is wrong, why, and what mends it."""
    lines = [f"mended: {what}" for what in mended]
    if not found:
        return "\n".join([*lines, f"All is well: {counted(nodes, 'node')}, {counted(deployments, 'deployment')}."])
    for one in found:
        lines += one.lines("-")
    able = sum(1 for one in found if one.repair)
    lines.append(f"{counted(len(found), 'finding')}; {able} of them doctor.yml -e repair=true mends by itself.")
    return "\n".join(lines)


# -- nodes


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
                mends.play("site", limit=node),
                about,
                node,
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
            )
        elif state["stale"]:
            together = unit in _WITH_QUORUM
            yield Finding(
                f"{unit} on {node} is older than its configuration",
                "a run that wrote it did not come to its end",
                mends.play("site") if together else mends.service("restart", node, name),
                about,
                node,
                {} if together else {"do": "restart", "node": node, "unit": unit},
            )
        if state["state"] and not state["enabled"] and unit != _HANDLERS:
            yield Finding(
                f"{unit} on {node} does not start with the host",
                "it was disabled",
                mends.service("enable", node, name),
                # It runs all the same, so this explains nothing else.
                node=node,
                repair={"do": "enable", "node": node, "unit": unit},
            )


def _told(facts: Facts, units: Sequence[Finding]) -> Iterator[Finding]:
    """What the picture of the whole says, without what is said better elsewhere."""
    explained = {(found.about, found.node) for found in units}
    for told in facts.status["findings"]:
        one = Finding(**told)
        if (one.about, one.node) in explained:
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
            )
    if not facts.whole:
        return
    members = facts.members()
    for node, look in sorted(facts.looks.items()):
        if node not in members and node not in told:
            yield _apart(node, look.get("swarm") or {})
    for node in sorted(set(facts.ledger.nodes) - members - set(facts.looks)):
        key = names.node_key(node)
        yield Finding(
            f"{key} is about a node that is in no swarm",
            f"{node} left without it; what it routed is still kept free of subnets",
            mends.delete(key),
            repair={"do": "delete_key", "key": key, "value": facts.ledger.nodes[node]},
        )


def _apart(node: str, swarm: Mapping[str, Any]) -> Finding:
    state = swarm.get("state") or "unknown"
    cause = _APART.get(state, f"its engine does not say: {mends.journal(node, 'docker')} may")
    again = mends.play("site", limit=node)
    mend = {
        "locked": mends.play("site", tags="swarm"),
        "active": f"`docker swarm leave --force` on {node} unless it belongs elsewhere, then {again}",
    }
    error = said(swarm.get("error"), "")
    return Finding(
        f"{node} is in the inventory but in no swarm ({state})",
        f"{cause} ({error})" if error else cause,
        mend.get(state, again),
    )


# -- names


def _registrations(node: str, facts: Facts) -> Iterator[Finding]:
    look = facts.looks[node]
    stopped = _stopped(look, f"{names.AGENT_SERVICE}.service")
    cause = f"the agent of {node} does not run" if stopped else ""
    verb = "start" if stopped else "restart"
    mend = mends.service(verb, node, names.AGENT_SERVICE)
    repair = {"do": verb, "node": node, "unit": f"{names.AGENT_SERVICE}.service"}
    missing: dict[str, str] = {}
    stray: dict[str, str] = {}
    for step in look.get("steps", ()):
        instance = step["id"].removesuffix(".dns")
        (missing if step["verb"] == "register" else stray).setdefault(instance, step["address"])
    for instance in sorted(missing):
        why = cause or "its registration was taken away, or is another's"
        yield Finding(f"{instance} runs on {node} but Consul there says otherwise", why, mend, NAME, node, repair)
    for instance in sorted(set(stray) - set(missing)):
        what = f"{instance} is registered at {stray[instance]} but {node} runs no such container"
        yield Finding(what, cause or "its container went and nobody noticed", mend, NAME, node, repair)


def _dns(node: str, facts: Facts) -> Iterator[Finding]:
    look = facts.looks[node]
    if _stopped(look, "consul.service"):
        return
    for error in (text for part, text in sorted(look["errors"].items()) if part.startswith("dns")):
        yield Finding(
            f"DNS on {node} does not answer",
            f"{said(error, 'it gives no reason')}: Consul hangs, or a firewall or another server is in the way",
            f"{mends.service('restart', node, 'consul')}; `ss -lnup sport = :53` and `nft list ruleset` there show "
            f"what is in its way, {mends.journal(node, 'consul')} what it says",
            node=node,
        )
    serving, optional = _expected(facts)
    for server, answers in sorted(look["dns"].items()):
        wrong = {}
        for name, got in answers.items():
            want = set(serving.get(name, ()))
            if (set(got) ^ want) - optional:
                wrong[name] = (sorted(got), sorted(want))
        for name, (got, expected) in sorted(wrong.items()):
            yield Finding(
                f"DNS on {node} ({server}) answers {_listed(got)} for {name}, but {_listed(expected)} would be right",
                f"the Consul agent of {node} does not hear its servers, or they do not hear an instance's",
                f"{mends.service('restart', node, 'consul')}; {mends.members(node)} shows whom it knows",
                node=node,
            )


def _expected(facts: Facts) -> tuple[dict[str, set[str]], set[str]]:
    """Names and who serves them; and addresses of which it is known already that, or unknown whether, they
    are told wrongly."""
    serving: dict[str, set[str]] = {}
    optional: set[str] = set()
    for look in facts.looks.values():
        for name, addresses in look.get("serving", {}).items():
            serving.setdefault(name, set()).update(addresses)
        optional |= {step["address"] for step in look.get("steps", ())}
        if _stopped(look, "consul.service"):
            # Its instances leave DNS with it, sooner or later.
            optional |= {address for addresses in look.get("serving", {}).values() for address in addresses}
    for deployment in facts.status["deployments"]:
        placements = [one for service in deployment["services"] for one in service["placements"]]
        for one in [*placements, *deployment["stray"]]:
            if "serving" not in facts.looks.get(one["node"], {}):
                optional.add(one["address"])
    return serving, optional


# -- what is kept


def _leases(facts: Facts) -> Iterator[Finding]:
    held, members = facts.ledger.leases, facts.members()
    for key, value in sorted(held.items()):
        node, address = str(value.get("node") or ""), key.rsplit("/", 1)[-1]
        wanted = facts.looks.get(node, {}).get("leases")
        if not node or key in {key for look in facts.looks.values() for key in look.get("leases", ())}:
            continue
        if wanted is None and (not facts.whole or node in members):
            continue
        yield Finding(
            f"the lease of {address} names {value.get('instance')} on {node}, which does not have it",
            f"{node} is in no swarm" if node not in members else "its container is gone",
            mends.delete(key),
            repair={"do": "delete_key", "key": key, "value": value},
        )
    for node, look in sorted(facts.looks.items()):
        for key, value in sorted(look.get("leases", {}).items()):
            if held.get(key) != value and "consul" not in facts.status["errors"]:
                stopped = _stopped(look, f"{names.AGENT_SERVICE}.service")
                verb = "start" if stopped else "restart"
                yield Finding(
                    f"{value['instance']} on {node} has {key.rsplit('/', 1)[-1]} without a lease",
                    f"the agent of {node} does not run" if stopped else "somebody else wrote or deleted it",
                    mends.service(verb, node, names.AGENT_SERVICE),
                    node=node,
                    repair={"do": verb, "node": node, "unit": f"{names.AGENT_SERVICE}.service"},
                )


def _networks(facts: Facts) -> Iterator[Finding]:
    """Networks of deployments that exist, and that have them otherwise or no longer."""
    for thing in facts.ledger.things:
        deployment = thing["deployment"]
        known = facts.whole and facts.resting(deployment) and deployment in facts.deployments()
        if thing["kind"] != "network" or not known:
            continue
        held = {
            names.swarm_name(deployment, owner.partition("/")[2]): cidr
            for owner, cidr in facts.ledger.owners.items()
            if owner.partition("/")[0] == deployment
        }
        if thing["name"] not in held and not thing["used"]:
            yield _left_over(thing, f"no service of {deployment} is on it")
        elif thing["subnets"] and held.get(thing["name"]) not in (None, *thing["subnets"]):
            yield Finding(
                f"network {thing['name']} is {_listed(thing['subnets'])}, but Consul says {held[thing['name']]}",
                "it was made, or written down, by somebody else",
                mends.anew(deployment),
            )


def _things(facts: Facts) -> Iterator[Finding]:
    """What carries the label of a deployment that does not exist."""
    if not facts.whole:
        return
    for thing in facts.ledger.things:
        deployment = thing["deployment"]
        if deployment not in facts.deployments() and facts.resting(deployment):
            yield _left_over(thing, f"it says that it belongs to {deployment}, which does not exist")


def _left_over(thing: Mapping[str, Any], cause: str) -> Finding:
    kind, name = thing["kind"], thing["name"]
    repair = {"do": "remove", "kind": kind, "name": name}
    return Finding(f"{kind} {name} is nobody's", cause, f"`docker {kind} rm {name}` on a manager", repair=repair)


def _volumes(facts: Facts) -> Iterator[Finding]:
    if not facts.whole:
        return
    for deployment, volumes in sorted(facts.ledger.volumes.items()):
        for volume, node in sorted(volumes.items()):
            # Those of a removed deployment stay by intention.
            if node not in facts.members() and deployment in facts.deployments():
                yield Finding(
                    f"volume {volume} of {deployment} is on {node}, which is in no swarm",
                    f"{node} left with it, or was taken out, and its service waits for that node",
                    f"{mends.play('site', limit=node)} lets the node in again; "
                    f"{mends.deploy(deployment, move_volumes=volume)} starts on an empty one",
                )


def _moves(facts: Facts) -> Iterator[Finding]:
    """Services that still keep off a node, for a move that nobody makes any more."""
    nodes = {one["swarm_id"]: one for one in facts.status["nodes"]}
    for service, move in sorted(facts.ledger.moves.items()):
        if not facts.resting(move["deployment"]):
            continue
        node = nodes.get(move["node"])
        mend = f"{mends.play('rebalance', deployment=move['deployment'])} puts it back"
        if node and node["availability"] != "active":
            on, back = (mends.play(name, node=node["name"]) for name in ("drain", "activate"))
            mend = f"{on} goes on with it, {back} puts it back"
        yield Finding(
            f"service {service} keeps off {node['name'] if node else 'a node that has left'}",
            "a move of its instances was broken off, and Swarm makes the rest of it within a day",
            mend,
        )


def _stopped(look: Look, unit: str) -> bool:
    state = look["units"].get(unit)
    return bool(state) and not state["active"]


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) or "nothing"
