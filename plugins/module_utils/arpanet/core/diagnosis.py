"""What is wrong with a cluster: one line each, the most far-reaching first, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from . import diagnosis_weave, mends, names, stored
from .english import are, few, listed
from .findings import AGENT, NAME, NODE, SILENT, Finding, said, subject_of
from .registrations import SHORT_ID
from .status import GONE, GOOD_STATES, UNKNOWN, Deployment, Node, Placement, Service, Status

_PARTS = {
    "engine": "the Docker engine",
    "swarm": "Swarm",
    "consul": "Consul",
    "serf": "Serf",
}
# By which a node's part is heard by those of the others, and the unit that it is.
_HEARD = {"Swarm": ("2377", "docker"), "Serf": ("7947", "serf"), "Consul": ("8301", "consul")}
_NO_IMAGE = re.compile(r"No such image: ([\w./:@-]*\w)")


def findings(status: Status) -> list[Finding]:
    """Each thing that is not as it should be; none in a healthy cluster."""
    return [
        *_majorities(status),
        *_silent_parts(status),
        *(found for node in status.nodes for found in _node(node, status)),
        *stored.findings(status.illegible),
        *diagnosis_weave.findings(status),
        *(found for deployment in status.deployments for found in _deployment(deployment, status)),
    ]


def _majorities(status: Status) -> Iterator[Finding]:
    swarm, consul = status.swarm, status.consul
    lost = "when they are lost for good, " + mends.play("recover")
    if _leaderless(status):
        dead = [node.name for node in status.nodes if node.role == "manager" and _unheard(node)]
        why = f"{are(dead)} not heard" if dead else "their engines do not run, or 2377/tcp does not pass between them"
        yield Finding(
            f"Swarm has no leader, for which {swarm.needed} of its {swarm.total} managers are needed",
            f"{why}; containers run on, but nothing can be deployed or moved",
            f"start the managers, {mends.service('start', listed(dead) or 'each', 'docker')}; {lost}",
            subject=_PARTS["swarm"],
        )
    if not consul.ok and "consul" not in status.errors:
        dead = [
            node.name for node in status.nodes if node.consul_role == "server" and node.consul not in ("alive", GONE)
        ]
        late = f"deployments are told as {status.asked} heard of them last"
        if dead:
            mend = f"start them, {mends.service('start', listed(dead), 'consul')}; {lost}"
        else:
            mend = f"{mends.journal('each manager', 'consul')} says why; 8300/tcp has to pass between them"
        yield Finding(
            "Consul has no leader",
            f"{consul.alive} of {consul.total} servers are alive, {consul.needed} are needed; {late}",
            mend,
            subject=_PARTS["consul"],
        )


def _unheard(node: Node) -> bool:
    return not {node.serf, node.consul} <= {"", "alive"}


def _silent_parts(status: Status) -> Iterator[Finding]:
    for part, reason in sorted(status.errors.items()):
        if part != "swarm" or not ("engine" in status.errors or _leaderless(status)):
            # An engine that hangs now answers the next look that Swarm has no leader.
            subject = _PARTS["swarm" if part == "engine" else part]
            yield replace(silent(part, reason, status.asked), subject=subject)


def silent(part: str, reason: str, node: str) -> Finding:
    """A part of a node that does not answer there: `engine`, `swarm`, `consul` or `serf`."""
    unit = "docker" if part in ("engine", "swarm") else part
    return Finding(
        f"{_PARTS[part]} on {node} cannot be asked",
        said(reason, SILENT),
        _voice(part, reason, node),
        about=NODE,
        node=node,
        subject=subject_of(node, unit),
        units=(unit,),
    )


def _voice(part: str, reason: str, node: str) -> str:
    """What makes a part answer again."""
    if part == "swarm" and "unlock" in reason:
        return mends.play("site", tags="swarm")
    if "this node is no manager" in reason or "not installed" in reason:
        return mends.play("site")
    if part in ("engine", "swarm"):
        # Containers end with it.
        why = mends.journal(node, "docker")
        return f"{mends.service('start', node, 'docker')}; {why} says more; when it hangs, `systemctl restart docker`"
    return f"{mends.service('restart', node, part)}; {mends.journal(node, part)} says more"


def _leaderless(status: Status) -> bool:
    # The Engine has no other sign of it than its words.
    return "leader" in status.errors.get("swarm", "")


def _node(node: Node, status: Status) -> Iterator[Finding]:
    asked = {part for part in _PARTS if part not in status.errors}
    if status.swarm.ok and not node.swarm:
        yield _outside(node)
        return
    namesakes = [other for other in status.nodes if other.name == node.name and other.swarm == "ready"]
    if node.swarm == "down" and namesakes:
        yield Finding(
            f"{node.name} has a dead entry {node.swarm_id} in the swarm beside its living one",
            "it was set up anew and has joined again",
            mends.play("site"),
            repair={"do": "remove_node", "id": node.swarm_id, "name": node.name},
        )
        return
    bad = {}
    if node.swarm not in ("ready", ""):
        bad["Swarm"] = f"{node.swarm}, {node.swarm_message}" if node.swarm_message else node.swarm
    elif node.reachable is False and status.swarm.ok:
        bad["Swarm"] = "its manager is unreachable"
    if "serf" in asked and node.serf != "alive":
        bad["Serf"] = node.serf or "not a member"
    if "consul" in asked and node.consul != "alive":
        bad["Consul"] = node.consul or "not a member"
    if not bad:
        yield from _agent(node, status)
        return
    states = "; ".join(f"{part}: {state}" for part, state in bad.items())
    units = [_HEARD[part][1] for part in bad]
    if len(bad) == len([part for part in ("serf", "consul") if part in asked]) + bool(node.swarm):
        yield Finding(
            f"{node.name} {'is' if len(bad) > 1 else 'may be'} down ({states})",
            "its host is off, hangs, or is cut off from the others",
            f"start it again; when it is lost for good, {mends.play('leave', node=node.name)}",
            about=NODE,
            node=node.name,
            subject=f"node {node.name}",
            units=units,
        )
        return
    effect = ", so that its instances are not in DNS" if "Consul" in bad else ""
    yield Finding(
        f"{node.name} is only partly there ({states}){effect}",
        "; ".join(_absence(part, state) for part, state in bad.items()),
        _return(units, node.name),
        about=NODE,
        node=node.name,
        subject=f"node {node.name}",
        units=units,
    )


def _absence(part: str, state: str) -> str:
    """Why one part of a node that is there is not."""
    port, unit = _HEARD[part]
    if state == GONE:
        return f"somebody had it leave {part}"
    return f"{unit} is stopped or hangs there, or port {port} is closed between it and others"


def _return(units: Sequence[str], node: str) -> str:
    """What brings these services of a node back."""
    # To restart Docker would end what runs there.
    commands = [mends.service("start" if unit == "docker" else "restart", node, unit) for unit in units]
    return f"{' and '.join(commands)}; {mends.journal(node, *units)} says more"


def _outside(node: Node) -> Finding:
    """A member of the gossip that is in no swarm."""
    states = {part: state for part, state in (("Serf", node.serf), ("Consul", node.consul)) if state}
    where = " and ".join(states)
    what = f"{node.name} is in {where} but not in the swarm"
    if "alive" in states.values():
        return Finding(
            what,
            "it was taken out of the swarm, or has not joined it yet",
            f"{mends.play('site')} lets it in, {mends.play('leave', node=node.name)} takes it out",
            about=NODE,
            node=node.name,
            subject=f"node {node.name}",
        )
    # Nobody hears it, so that nobody but its former peers can take it out.
    gone = [part for part, state in states.items() if state != GONE]
    commands = {
        "Serf": f"`arpanet serf force-leave -prune {node.name}` on a manager",
        "Consul": mends.consul("force-leave -prune", node.name),
    }
    mend = " and ".join(commands[part] for part in gone)
    repair = {"do": "force_leave", "name": node.name, "parts": [part.lower() for part in gone]}
    return Finding(
        what,
        "it is gone, and they wait for it",
        mend,
        about=NODE,
        node=node.name,
        repair=repair,
        subject=f"node {node.name}",
    )


def _agent(node: Node, status: Status) -> Iterator[Finding]:
    if "consul" not in status.errors and node.agent not in ("", "alive"):
        yield Finding(
            f"the agent of {node.name} is {node.agent}, so that DNS does not follow what happens there",
            "somebody stopped it" if node.agent == "stopped" else "it hangs, was killed, or does not reach its Consul",
            f"{mends.service('restart', node.name, names.AGENT_SERVICE)}; "
            f"{mends.journal(node.name, names.AGENT_SERVICE)} says more",
            about=AGENT,
            node=node.name,
            subject=subject_of(node.name, names.AGENT_SERVICE),
            units=(names.AGENT_SERVICE,),
        )


def _deployment(deployment: Deployment, status: Status) -> Iterator[Finding]:
    return (replace(found, deployment=deployment.id) for found in _deployed(deployment, status))


def _deployed(deployment: Deployment, status: Status) -> Iterator[Finding]:
    here = f"deployment {deployment.id}"
    # What Swarm or Consul would have to say decides; no guesses while one of them is silent.
    complete = status.swarm.ok and "consul" not in status.errors
    in_swarm = [service for service in deployment.services if service.running is not None]
    gone = mends.play("remove", deployment=deployment.id)
    if complete and not in_swarm:
        if deployment.recorded:
            yield Finding(
                f"{here} is recorded in Consul but has no services",
                "a deploy or a removal broke off, or somebody removed them by hand",
                f"{mends.deploy(deployment.id)}, or {gone}",
                subject=here,
            )
        else:
            held = ", ".join(deployment.networks.values())
            yield Finding(
                f"{here} does not exist but holds {held}",
                "a deploy or a removal broke off",
                f"{gone} gives it back",
                repair={
                    "do": "release",
                    "deployment": deployment.id,
                    "owners": [f"{deployment.id}/{name}" for name in deployment.networks],
                },
                subject=here,
            )
        return
    if complete and not deployment.recorded:
        yield Finding(
            f"{here} runs but is not recorded in Consul",
            "somebody deleted its record, or Consul was set up anew",
            mends.deploy(deployment.id),
            subject=here,
        )
    for service in deployment.services:
        yield from _service(service, deployment, status)
    if complete:
        for stray in deployment.stray:
            yield Finding(
                f"{stray.instance} is in DNS at {stray.address} but {stray.node} runs no such container",
                "its container is gone and the agent there has not noticed",
                mends.service("restart", stray.node, names.AGENT_SERVICE),
                about=NAME,
                node=stray.node,
            )


def _service(service: Service, deployment: Deployment, status: Status) -> Iterator[Finding]:
    here = f"service {service.name} of {deployment.id}"
    if service.running is not None and service.wanted is not None and service.running < service.wanted:
        waiting = [one for one in service.placements if one.state not in GOOD_STATES]
        reasons = [_state(one) for one in waiting]
        if not any(one.error for one in waiting):
            reasons += service.reasons
        yield Finding(
            f"{here} has {service.running} of {service.wanted} instances",
            said(few(reasons), "Swarm has made no tasks for the others yet"),
            _way_out(service, deployment.id, waiting),
            subject=here,
        )
    elif service.update in ("paused", "rollback_paused", "rollback_completed"):
        yield Finding(
            f"{here}: its last update is {service.update.replace('_', ' ')}",
            said("; ".join(service.reasons), "its new instances did not stay up"),
            _way_on(service, deployment),
            subject=here,
        )
    failed = {node.name for node in status.nodes if node.consul not in ("alive", "")}
    for one in service.placements:
        # Of a node that is down as a whole one line is enough.
        if one.state == "running" and one.in_dns is False and one.node not in failed:
            what = f"{one.instance} runs on {one.node} but is not in DNS"
            if one.error:
                container = one.container[:SHORT_ID]
                mend = (
                    f"`docker logs --tail 50 {container}` on {one.node} says why; `docker stop {container}` there has "
                )
                yield Finding(what, said(one.error, SILENT), f"{mend}Swarm start it anew")
            else:
                mend = mends.service("restart", one.node, names.AGENT_SERVICE)
                yield Finding(what, "nobody registered it", mend, about=NAME, node=one.node)


def _way_out(service: Service, deployment: str, waiting: Sequence[Placement]) -> str:
    """What helps instances that wait, by the words of the first that is known."""
    why = "; ".join([*(one.error for one in waiting), *service.reasons])
    more, again = mends.tasks(deployment, service.name), mends.deploy(deployment)
    if image := _NO_IMAGE.search(why):
        return f"`docker pull {image[1]}` on that node says why; correct it, then {again}"
    if "no suitable node" in why:
        active = mends.play("activate", node="NODE")
        return f"`docker node ls` on a manager: {active} for one that is drained; else correct the stack, then {again}"
    lost = sorted({one.node for one in waiting if one.state == UNKNOWN})
    if lost:
        moved = f"`docker service ps {names.swarm_name(deployment, service.name)}` on a manager"
        return f"start {listed(lost)} again, or wait until Swarm has moved them: {moved} shows it"
    return f"{more} say more; correct the stack, then {again}"


def _way_on(service: Service, deployment: Deployment) -> str:
    """What ends an update that was given up."""
    again = f"correct what failed, then {mends.deploy(deployment.id)}"
    if service.update == "rollback_completed" or not deployment.kept:
        return f"{mends.tasks(deployment.id, service.name)} say more; {again}"
    back = mends.play("rollback", deployment=deployment.id, revision=deployment.kept)
    return f"{again}; or {back}"


def _state(one: Placement) -> str:
    where = f" on {one.node}" if one.node else ""
    why = f" ({one.error})" if one.error else ""
    return f"{one.instance} is {one.state}{where}{why}"
