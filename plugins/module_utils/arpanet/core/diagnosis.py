"""What is wrong with a cluster: one line each, the most far-reaching first, with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import AGENT, NAME, NODE, Finding
from .status import GOOD_STATES, Deployment, Node, Placement, Service, Status

_PARTS = {
    "engine": "the Docker engine",
    "swarm": "Swarm",
    "consul": "Consul",
    "serf": "Serf",
}
_FEW = 3


def findings(status: Status) -> list[Finding]:
    """Each thing that is not as it should be; none in a healthy cluster."""
    return [
        *_majorities(status),
        *_silent_parts(status),
        *(found for node in status.nodes for found in _node(node, status)),
        *_weave(status),
        *(found for deployment in status.deployments for found in _deployment(deployment, status)),
    ]


def problems(status: Status) -> list[str]:
    """The same, a line each."""
    return [found.line for found in findings(status)]


def _majorities(status: Status) -> Iterator[Finding]:
    swarm, consul = status.swarm, status.consul
    if _leaderless(status):
        yield Finding(
            f"Swarm has no leader, for which {swarm.needed} of its {swarm.total} managers are needed",
            "containers go on running, but nothing can be deployed or moved until enough managers are back",
            "start them, or run recover.yml when they are lost",
        )
    if not consul.ok and "consul" not in status.errors:
        yield Finding(
            "Consul has no leader",
            f"{consul.alive} of {consul.total} servers are alive, {consul.needed} are needed",
            f"what is said of deployments is what {status.asked} heard last",
        )


def _silent_parts(status: Status) -> Iterator[Finding]:
    for part, reason in sorted(status.errors.items()):
        if part != "swarm" or not ("engine" in status.errors or _leaderless(status)):
            yield Finding(f"{_PARTS[part]} on {status.asked} cannot be asked", reason, about=NODE, node=status.asked)


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
            mend="run site.yml",
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
    said = "; ".join(f"{part}: {state}" for part, state in bad.items())
    if len(bad) == len([part for part in ("serf", "consul") if part in asked]) + bool(node.swarm):
        sure = "is" if len(bad) > 1 else "may be"
        mend = "start it again, or, when it is lost, leave.yml takes it out"
        yield Finding(f"{node.name} {sure} down ({said})", mend=mend, about=NODE, node=node.name)
        return
    unit = "docker" if "Swarm" in bad else next(iter(bad)).lower()
    effect = ", so that its instances are not in DNS" if "Consul" in bad else ""
    mend = f"look at `systemctl status {unit}` on it"
    yield Finding(f"{node.name} is only partly there ({said}){effect}", mend=mend, about=NODE, node=node.name)


def _outside(node: Node) -> Finding:
    """A member of the gossip that is in no swarm."""
    states = {part: state for part, state in (("Serf", node.serf), ("Consul", node.consul)) if state}
    where = " and ".join(states)
    what = f"{node.name} is in {where} but not in the swarm"
    if "alive" in states.values():
        return Finding(what, mend="run site.yml, or take it out there", about=NODE, node=node.name)
    # Nobody hears it, so that nobody but its former peers can take it out.
    gone = [part for part, state in states.items() if state != "left"]
    mend = " and ".join(f"`{part.lower()} force-leave {node.name}`" for part in gone)
    repair = {"do": "force_leave", "name": node.name, "parts": [part.lower() for part in gone]}
    return Finding(what, "it is gone, and they wait for it", mend, about=NODE, node=node.name, repair=repair)


def _agent(node: Node, status: Status) -> Iterator[Finding]:
    if "consul" not in status.errors and node.agent not in ("", "alive"):
        yield Finding(
            f"the agent of {node.name} is {node.agent}, so that DNS does not follow what happens there",
            mend=f"look at `systemctl status arpanet-agent` on {node.name}",
            about=AGENT,
            node=node.name,
        )


def _weave(status: Status) -> Iterator[Finding]:
    """What nodes that are there say of their Weave."""
    there = {node.name for node in status.nodes if node.swarm == "ready" and node.consul == "alive"}
    for node, said in sorted(status.weave.items()):
        if node not in there:
            continue
        look = f"look at `journalctl -u arpanet-weave -u docker` on {node}"
        if not said.get("ready"):
            what = f"Weave on {node} is not ready, so that it gets no tasks of Weave's networks"
            yield Finding(what, str(said.get("why") or ""), look, about=NODE, node=node)
            continue
        if said.get("failures"):
            what = f"Weave on {node} does not reach all of its peers"
            mend = "6783/tcp, 6783/udp and 6784/udp have to pass between nodes, and the password has to be the same"
            yield Finding(what, _few([str(one) for one in said["failures"]]), mend, about=NODE, node=node)
        if said.get("fence") != "on":
            what = f"Weave's networks are not kept apart on {node}"
            yield Finding(what, str(said.get("fence") or ""), look, about=NODE, node=node)
        if said.get("lost"):
            what = f"Weave on {node} knows ranges that nobody reaches, of {', '.join(said['lost'])}"
            mend = "they are taken back when their node has left (leave.yml); else start it again"
            yield Finding(what, "", mend, about=NODE, node=node)


def _deployment(deployment: Deployment, status: Status) -> Iterator[Finding]:
    here = f"deployment {deployment.id}"
    # What Swarm or Consul would have to say decides; no guesses while one of them is silent.
    complete = status.swarm.ok and "consul" not in status.errors
    in_swarm = [service for service in deployment.services if service.running is not None]
    if complete and not in_swarm:
        if deployment.recorded:
            yield Finding(f"{here} is recorded in Consul but has no services", mend="deploy it again, or remove it")
        else:
            held = ", ".join(deployment.networks.values())
            yield Finding(
                f"{here} does not exist but holds {held}",
                mend="remove it, which gives the subnet back",
                repair={"do": "release", "owners": [f"{deployment.id}/{name}" for name in deployment.networks]},
            )
        return
    if complete and not deployment.recorded:
        yield Finding(f"{here} runs but is not recorded in Consul", mend="deploy it again")
    for service in deployment.services:
        yield from _service(service, deployment.id, status)
    if complete:
        for stray in deployment.stray:
            yield Finding(
                f"{stray.instance} is in DNS at {stray.address} but {stray.node} runs no such container",
                mend=f"look at `journalctl -u arpanet-agent` on {stray.node}",
                about=NAME,
                node=stray.node,
            )


def _service(service: Service, deployment: str, status: Status) -> Iterator[Finding]:
    here = f"service {service.name} of {deployment}"
    look = f"status.yml -e deployment={deployment} shows where they are"
    if service.running is not None and service.wanted is not None and service.running < service.wanted:
        waiting = [one for one in service.placements if one.state not in GOOD_STATES]
        reasons = [_state(one) for one in waiting]
        if not any(one.error for one in waiting):
            reasons += service.reasons
        what = f"{here} has {service.running} of {service.wanted} instances"
        yield Finding(what, _few(reasons), "" if reasons else look)
    elif service.update in ("paused", "rollback_paused", "rollback_completed"):
        yield Finding(f"{here}: its last update is {service.update.replace('_', ' ')}", "; ".join(service.reasons))
    failed = {node.name for node in status.nodes if node.consul not in ("alive", "")}
    for one in service.placements:
        # Of a node that is down as a whole one line is enough.
        if one.state == "running" and one.in_dns is False and one.node not in failed:
            what = f"{one.instance} runs on {one.node} but is not in DNS"
            if one.error:
                yield Finding(what, one.error)
            else:
                mend = f"look at `systemctl status arpanet-agent` on {one.node}"
                yield Finding(what, "nobody registered it", mend, about=NAME, node=one.node)


def _few(reasons: list[str]) -> str:
    """The first of them; five hundred waiting instances have no more to say than three."""
    more = f"; and {len(reasons) - _FEW} more" if len(reasons) > _FEW else ""
    return "; ".join(reasons[:_FEW]) + more


def _state(one: Placement) -> str:
    where = f" on {one.node}" if one.node else ""
    why = f" ({one.error})" if one.error else ""
    return f"{one.instance} is {one.state}{where}{why}"
