"""What is wrong with a cluster: one line each, the most far-reaching first, with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from .status import GOOD_STATES, Deployment, Node, Placement, Service, Status

_PARTS = {
    "engine": "the Docker engine",
    "swarm": "Swarm",
    "consul": "Consul",
    "serf": "Serf",
}
_FEW = 3


def problems(status: Status) -> list[str]:
    """A line for each thing that is not as it should be; none in a healthy cluster."""
    return [
        *_majorities(status),
        *_silent_parts(status),
        *(line for node in status.nodes for line in _node(node, status)),
        *(line for deployment in status.deployments for line in _deployment(deployment, status)),
    ]


def _majorities(status: Status) -> Iterator[str]:
    swarm, consul = status.swarm, status.consul
    if _leaderless(status):
        yield (
            f"Swarm has no leader, for which {swarm.needed} of its {swarm.total} managers are needed: containers go on "
            "running, but nothing can be deployed or moved until enough managers are back"
        )
    if not consul.ok and "consul" not in status.errors:
        yield (
            f"Consul has no leader: {consul.alive} of {consul.total} servers are alive, {consul.needed} are needed; "
            f"what is said of deployments is what {status.asked} heard last"
        )


def _silent_parts(status: Status) -> Iterator[str]:
    for part, reason in sorted(status.errors.items()):
        if part != "swarm" or not ("engine" in status.errors or _leaderless(status)):
            yield f"{_PARTS[part]} on {status.asked} cannot be asked: {reason}"


def _leaderless(status: Status) -> bool:
    # The Engine has no other sign of it than its words.
    return "leader" in status.errors.get("swarm", "")


def _node(node: Node, status: Status) -> Iterator[str]:
    asked = {part for part in _PARTS if part not in status.errors}
    if status.swarm.ok and not node.swarm:
        where = " and ".join(part for part, state in (("Serf", node.serf), ("Consul", node.consul)) if state)
        yield f"{node.name} is in {where} but not in the swarm: run site.yml, or take it out there"
        return
    namesakes = [other for other in status.nodes if other.name == node.name and other.swarm == "ready"]
    if node.swarm == "down" and namesakes:
        yield f"{node.name} has a dead entry {node.swarm_id} in the swarm beside its living one: run site.yml"
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
        return
    said = "; ".join(f"{part}: {state}" for part, state in bad.items())
    if len(bad) == len([part for part in ("serf", "consul") if part in asked]) + bool(node.swarm):
        yield f"{node.name} {'is' if len(bad) > 1 else 'may be'} down ({said})"
        return
    unit = "docker" if "Swarm" in bad else next(iter(bad)).lower()
    effect = ", so that its instances are not in DNS" if "Consul" in bad else ""
    yield f"{node.name} is only partly there ({said}){effect}: look at `systemctl status {unit}` on it"


def _deployment(deployment: Deployment, status: Status) -> Iterator[str]:
    here = f"deployment {deployment.id}"
    # What Swarm or Consul would have to say decides; no guesses while one of them is silent.
    complete = status.swarm.ok and "consul" not in status.errors
    in_swarm = [service for service in deployment.services if service.running is not None]
    if complete and not in_swarm:
        if deployment.recorded:
            yield f"{here} is recorded in Consul but has no services: deploy it again, or remove it"
        else:
            held = ", ".join(deployment.networks.values())
            yield f"{here} does not exist but holds {held}: remove it, which gives the subnet back"
        return
    if complete and not deployment.recorded:
        yield f"{here} runs but is not recorded in Consul: deploy it again"
    for service in deployment.services:
        yield from _service(service, deployment.id, status)
    if complete:
        for stray in deployment.stray:
            yield (
                f"{stray.instance} is in DNS at {stray.address} but {stray.node} runs no such container: "
                f"look at `journalctl -u arpanet-agent` on {stray.node}"
            )


def _service(service: Service, deployment: str, status: Status) -> Iterator[str]:
    here = f"service {service.name} of {deployment}"
    if service.running is not None and service.wanted is not None and service.running < service.wanted:
        waiting = [one for one in service.placements if one.state not in GOOD_STATES]
        reasons = [_state(one) for one in waiting]
        if not any(one.error for one in waiting):
            reasons += service.reasons
        why = f": {_few(reasons)}" if reasons else ""
        yield f"{here} has {service.running} of {service.wanted} instances{why}"
    elif service.update in ("paused", "rollback_paused", "rollback_completed"):
        why = f": {'; '.join(service.reasons)}" if service.reasons else ""
        yield f"{here}: its last update is {service.update.replace('_', ' ')}{why}"
    failed = {node.name for node in status.nodes if node.consul not in ("alive", "")}
    for one in service.placements:
        # Of a node that is down as a whole one line is enough.
        if one.state == "running" and one.in_dns is False and one.node not in failed:
            yield f"{one.instance} runs on {one.node} but is not in DNS: {_why_not_in_dns(one.error, one.node)}"


def _few(reasons: list[str]) -> str:
    """The first of them; five hundred waiting instances have no more to say than three."""
    more = f"; and {len(reasons) - _FEW} more" if len(reasons) > _FEW else ""
    return "; ".join(reasons[:_FEW]) + more


def _state(one: Placement) -> str:
    where = f" on {one.node}" if one.node else ""
    why = f" ({one.error})" if one.error else ""
    return f"{one.instance} is {one.state}{where}{why}"


def _why_not_in_dns(error: str, node: str) -> str:
    if error:
        return error
    return f"nobody registered it; look at `systemctl status arpanet-agent` on {node}"
