"""What is wrong with a cluster and what mends it, from looks at all its parts and all its nodes.

Three kinds of facts are compared: the picture of the whole (core.status), what is kept for the whole
(core.ledger), and a look at each node (adapters.checkup). A node that was not looked at is judged by
what its peers say; nothing is claimed that only it could have told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import certificates, doctor_nodes, leases, mends, names, stored, subnet_marks
from .doctor_facts import Facts, is_stopped
from .english import counted
from .findings import NAME, Finding, said


def findings(facts: Facts) -> list[Finding]:
    """Everything that is wrong, the most far-reaching first; none in a healthy cluster, nor of a deployment that a
    controller is at work on."""
    return [one for one in _findings(facts) if not one.deployment or facts.resting(one.deployment)]


def _findings(facts: Facts) -> list[Finding]:
    told = facts.status.get("illegible", {})
    return [
        *doctor_nodes.findings(facts),
        *stored.findings({key: why for key, why in facts.ledger.illegible.items() if key not in told}),
        *certificates.findings(facts.looks, facts.hosts),
        *(found for node in sorted(facts.looks) for found in _registrations(node, facts)),
        *(found for node in sorted(facts.looks) for found in _dns(node, facts)),
        *_leases(facts),
        *(subnet_marks.findings(facts.ledger) if "consul" not in facts.status["errors"] else ()),
        *_networks(facts),
        *_things(facts),
        *_volumes(facts),
        *_moves(facts),
    ]


def as_text(
    found: Sequence[Finding], nodes: int, deployments: int, mended: Sequence[str] = (), locked: Sequence[str] = ()
) -> str:
    """For people: what was mended, what is wrong, why, and what mends it; of which deployments nothing is said."""
    lines = [f"mended: {what}" for what in mended]
    if locked:
        lines.append(f"A controller is at work on {_listed(locked)}: nothing is said of that.")
    if not found:
        return "\n".join([*lines, f"All is well: {counted(nodes, 'node')}, {counted(deployments, 'deployment')}."])
    for one in found:
        lines += one.lines("-")
    able = sum(1 for one in found if one.repair)
    lines.append(f"{counted(len(found), 'finding')}; {able} of them doctor.yml -e repair=true mends by itself.")
    return "\n".join(lines)


# -- names


def _registrations(node: str, facts: Facts) -> Iterator[Finding]:
    look = facts.looks[node]
    stopped = is_stopped(look, f"{names.AGENT_SERVICE}.service")
    cause = f"the agent of {node} does not run" if stopped else ""
    verb = "start" if stopped else "restart"
    mend = mends.service(verb, node, names.AGENT_SERVICE)
    repair = {"do": verb, "node": node, "unit": f"{names.AGENT_SERVICE}.service"}
    missing: dict[str, Mapping[str, str]] = {}
    stray: dict[str, Mapping[str, str]] = {}
    running = facts.running()
    for step in look.get("steps", ()):
        # One that is about to stop has left DNS already, and Docker shows it until it is gone.
        if step["verb"] == "register" and running is not None and step["container"] not in running:
            continue
        instance = step["id"].removesuffix(".dns")
        (missing if step["verb"] == "register" else stray).setdefault(instance, step)
    for instance, step in sorted(missing.items()):
        what = f"{instance} runs on {node} but Consul there says otherwise"
        why = cause or "its registration was taken away, or is another's"
        yield Finding(what, why, mend, NAME, node, repair, step["deployment"])
    for instance in sorted(set(stray) - set(missing)):
        step = stray[instance]
        what = f"{instance} is registered at {step['address']} but {node} runs no such container"
        yield Finding(
            what, cause or "its container went and nobody noticed", mend, NAME, node, repair, step["deployment"]
        )


def _dns(node: str, facts: Facts) -> Iterator[Finding]:
    look = facts.looks[node]
    if is_stopped(look, "consul.service"):
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
                deployment=names.deployment_of_name(name),
                subject=f"DNS on {node} ({server}) for {name}",
            )


def _expected(facts: Facts) -> tuple[dict[str, set[str]], set[str]]:
    """Names and who serves them; and addresses that may be told: of which it is known already that, or unknown
    whether, they are told wrongly, and those of others."""
    serving: dict[str, set[str]] = {}
    optional: set[str] = set()
    for look in facts.looks.values():
        for name, addresses in look.get("serving", {}).items():
            serving.setdefault(name, set()).update(addresses)
        optional |= {step["address"] for step in look.get("steps", ())}
        if is_stopped(look, "consul.service"):
            # Its instances leave DNS with it, sooner or later.
            optional |= {address for addresses in look.get("serving", {}).values() for address in addresses}
    for deployment in facts.status["deployments"]:
        placements = [one for service in deployment["services"] for one in service["placements"]]
        # Somebody else may have registered these under its names.
        optional |= {*deployment["others"]}
        for one in [*placements, *deployment["stray"]]:
            if "serving" not in facts.looks.get(one["node"], {}):
                optional.add(one["address"])
    return serving, optional


# -- what is kept


def _leases(facts: Facts) -> Iterator[Finding]:
    held = {key: (value, 0) for key, value in facts.ledger.leases.items()}
    members = facts.members()
    wanted = {node: look["leases"] for node, look in sorted(facts.looks.items()) if "leases" in look}
    steps = [(node, step) for node, want in wanted.items() for step in leases.plan(want, held, node)]
    if facts.whole:
        gone = leases.holders(held) - members - set(wanted)
        steps += [(str(step.before["node"]), step) for step in leases.of_dead_nodes(held, gone)]
    needed = {key for want in wanted.values() for key in want}
    for node, step in sorted(steps, key=lambda one: one[1].key):
        if step.value is None and step.key not in needed:
            yield Finding(
                f"the lease of {_address(step)} names {step.before.get('instance')} on {node}, which does not have it",
                f"{node} is in no swarm" if node not in members else "its container is gone",
                mends.delete(step.key),
                repair={"do": "delete_key", "key": step.key, "value": step.before},
                deployment=leases.deployment_of(step.key),
            )
    for node, step in steps:
        if step.value is None or "consul" in facts.status["errors"] or step.key in facts.ledger.illegible:
            continue
        stopped = is_stopped(facts.looks[node], f"{names.AGENT_SERVICE}.service")
        verb = "start" if stopped else "restart"
        yield Finding(
            f"{step.value['instance']} on {node} has {_address(step)} without a lease",
            f"the agent of {node} does not run" if stopped else "somebody else wrote or deleted it",
            mends.service(verb, node, names.AGENT_SERVICE),
            node=node,
            repair={"do": verb, "node": node, "unit": f"{names.AGENT_SERVICE}.service"},
            deployment=leases.deployment_of(step.key),
        )


def _address(step: leases.Step) -> str:
    return step.key.rsplit("/", 1)[-1]


def _networks(facts: Facts) -> Iterator[Finding]:
    """Networks of deployments that exist, and that have them otherwise or no longer."""
    for thing in facts.ledger.things:
        deployment = thing["deployment"]
        known = facts.whole and deployment in facts.deployments()
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
                deployment=deployment,
                subject=f"network {thing['name']}",
            )


def _things(facts: Facts) -> Iterator[Finding]:
    """What carries the label of a deployment that does not exist."""
    if not facts.whole:
        return
    for thing in facts.ledger.things:
        deployment = thing["deployment"]
        if deployment not in facts.deployments():
            yield _left_over(thing, f"it says that it belongs to {deployment}, which does not exist")


def _left_over(thing: Mapping[str, Any], cause: str) -> Finding:
    kind, name, deployment = thing["kind"], thing["name"], thing["deployment"]
    return Finding(
        f"{kind} {name} is nobody's",
        cause,
        f"`docker {kind} rm {name}` on a manager",
        repair={"do": "remove", "deployment": deployment, "kind": kind, "name": name},
        deployment=deployment,
    )


def _volumes(facts: Facts) -> Iterator[Finding]:
    if not facts.whole:
        return
    for deployment, volumes in sorted(facts.ledger.volumes.items()):
        for volume, node in sorted(volumes.items()):
            # Those of a removed deployment stay by intention.
            if deployment not in facts.deployments():
                continue
            pins = facts.ledger.pins.get(deployment, {})
            pin = pins.get(volume, node)
            if pin != node:
                yield Finding(
                    f"volume {volume} of {deployment} is on {node} as Consul says, but its service is pinned to {pin}",
                    f"a move was broken off, or somebody else wrote it; the next deploy starts its service on {node}",
                    f"{mends.write(names.volumes_key(deployment), pins)} keeps it where it is",
                    deployment=deployment,
                )
            elif node not in facts.members():
                yield Finding(
                    f"volume {volume} of {deployment} is on {node}, which is in no swarm",
                    f"{node} left with it, or was taken out, and its service waits for that node",
                    f"{facts.site(node)} lets the node in again; "
                    f"{mends.deploy(deployment, move_volumes=volume)} starts on an empty one",
                    deployment=deployment,
                )


def _moves(facts: Facts) -> Iterator[Finding]:
    """Services that still keep off a node, for a move that nobody makes any more."""
    if "consul" in facts.status["errors"]:
        # Only it could tell whether somebody does.
        return
    nodes = {one["swarm_id"]: one for one in facts.status["nodes"]}
    for service, move in sorted(facts.ledger.moves.items()):
        node = nodes.get(move["node"])
        mend = f"{mends.play('rebalance', deployment=move['deployment'])} puts it back"
        if node and node["availability"] != "active":
            on, back = (mends.play(name, node=node["name"]) for name in ("drain", "activate"))
            mend = f"{on} goes on with it, {back} puts it back"
        yield Finding(
            f"service {service} keeps off {node['name'] if node else 'a node that has left'}",
            "a move of its instances was broken off, and Swarm makes the rest of it within a day",
            mend,
            deployment=move["deployment"],
        )


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) or "nothing"
