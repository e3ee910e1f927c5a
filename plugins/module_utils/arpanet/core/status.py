"""What the parts of the cluster said, as one picture: nodes and deployments.

Swarm, Consul and Serf each know a part, and each may be silent. What only a silent one could have
told stays unknown (None, or an empty text); everything else is still said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from . import names
from .constraints import takes_tasks
from .convergence import is_everywhere, progress
from .members import CONSUL_STATUSES
from .placements import hostname, placements
from .quorum import Count
from .record import Record, parse
from .seen import Seen, deployment_of
from .spec import Spec

# A member that left its gossip on purpose, or that the others gave up.
GONE = "left"
# The state of a task on a node that Swarm does not hear.
UNKNOWN = "unknown"
# That of one that has done what it was there for.
ENDED = "complete"
GOOD_STATES = frozenset({"running", ENDED})


@dataclass(frozen=True)
class Node:
    """A host as Swarm, Serf and Consul see it; an empty text where one of them does not know it."""

    name: str
    role: str = ""
    leader: bool = False
    availability: str = ""
    swarm: str = ""
    swarm_message: str = ""
    swarm_id: str = ""
    reachable: bool | None = None  # of a manager
    serf: str = ""
    consul: str = ""
    consul_role: str = ""
    consul_leader: bool = False
    agent: str = ""  # alive, or what keeps it from being so; empty where it has never said anything
    address: str = ""
    engine: str = ""


@dataclass(frozen=True)
class Placement:
    """An instance: `state` is Swarm's, `in_dns` Consul's, each None while its part is silent."""

    instance: str
    node: str
    address: str
    state: str | None
    container: str
    in_dns: bool | None
    error: str = ""


@dataclass(frozen=True)
class Service:
    """A service of a deployment. `wanted` is None where only Swarm could tell."""

    name: str
    running: int | None
    wanted: int | None
    in_dns: int | None
    update: str = ""
    reasons: tuple[str, ...] = ()
    placements: tuple[Placement, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """A deployment as Consul recorded it and as Swarm runs it.

    `revision` is the last that was begun, `kept` the last that arrived and that one can go back to; 0 for none.
    `stray` are registrations in DNS that no running container stands behind, `others` addresses of registrations
    that are no agent's: users may add services of their own.
    """

    id: str
    stack: str
    driver: str
    revision: int
    kept: int
    recorded: bool
    networks: dict[str, str]
    services: tuple[Service, ...]
    stray: tuple[Placement, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quorum:
    """Whether the servers of a raft have a majority. `total` and `alive` are 0 where nobody knows."""

    ok: bool
    alive: int
    total: int

    @property
    def needed(self) -> int:
        return Count(self.alive, self.total).needed


@dataclass(frozen=True)
class Status:
    """The whole picture, asked at the node `asked`."""

    asked: str
    swarm: Quorum
    consul: Quorum
    nodes: tuple[Node, ...]
    deployments: tuple[Deployment, ...]
    errors: dict[str, str]
    # by node, what it says of its Weave; empty where there is none
    weave: dict[str, Spec] = field(default_factory=dict)
    # by key in Consul, why its value is of no use
    illegible: dict[str, str] = field(default_factory=dict)


def status(seen: Seen, only: str = "") -> Status:
    """The picture of the cluster, with all deployments or one."""
    nodes = _nodes(seen)
    return Status(
        asked=seen.asked,
        swarm=_swarm_quorum(seen),
        consul=_consul_quorum(seen),
        nodes=tuple(nodes),
        deployments=tuple(_deployment(seen, one) for one in sorted(seen.deployments()) if only in ("", one)),
        errors=seen.errors,
        weave=seen.weave,
        illegible=seen.illegible,
    )


def _swarm_quorum(seen: Seen) -> Quorum:
    managers = [node["ManagerStatus"] for node in seen.nodes if node.get("ManagerStatus")]
    alive = [manager for manager in managers if manager.get("Reachability") == "reachable"]
    # Without a majority nobody lists nodes, but every manager remembers the addresses of the others.
    total = len(managers) or len((seen.info.get("Swarm") or {}).get("RemoteManagers") or [])
    return Quorum(bool(seen.nodes), len(alive), total)


def _consul_quorum(seen: Seen) -> Quorum:
    servers = [
        CONSUL_STATUSES.get(member["Status"], "")
        for member in seen.members
        if (member.get("Tags") or {}).get("role") == "consul"
    ]
    return Quorum(bool(seen.leader), servers.count("alive"), len(servers) - servers.count(GONE))


def _nodes(seen: Seen) -> list[Node]:
    serf = {str(member["name"]): member for member in seen.serf}
    members = {str(member["Name"]): member for member in seen.members}
    in_swarm = [_swarm_node(node) for node in seen.nodes] or _remembered_managers(seen)
    others = [
        Node(name)
        for name in {*serf, *members} - {node.name for node in in_swarm}
        if not _has_left(serf.get(name), members.get(name))
    ]
    leader = seen.leader.rpartition(":")[0]
    agents = {str(one["node"]): "alive" if one["passing"] else _first_words(one["trouble"]) for one in seen.agents}
    merged = [
        replace(
            _with_gossip(node, serf.get(node.name), members.get(node.name), leader), agent=agents.get(node.name, "")
        )
        for node in [*in_swarm, *others]
    ]
    return sorted(merged, key=lambda node: (node.role != "manager", node.name, node.swarm != "ready"))


def _swarm_node(node: Spec) -> Node:
    manager = node.get("ManagerStatus") or {}
    state = node.get("Status") or {}
    # A manager's own Status.Addr is 0.0.0.0 on old engines; where it serves its raft is right.
    address = manager.get("Addr", "").rpartition(":")[0] or state.get("Addr", "")
    return Node(
        name=hostname(node),
        role=node["Spec"].get("Role", ""),
        leader=bool(manager.get("Leader")),
        availability=node["Spec"].get("Availability", ""),
        swarm=state.get("State", "unknown"),
        swarm_message=state.get("Message", ""),
        swarm_id=node["ID"],
        reachable=manager.get("Reachability") == "reachable" if manager else None,
        address=address,
        engine=((node.get("Description") or {}).get("Engine") or {}).get("EngineVersion", ""),
    )


def _remembered_managers(seen: Seen) -> list[Node]:
    """The managers that an engine remembers, named by who has their address in Serf or Consul."""
    by_address = {str(member["addr"]).rpartition(":")[0]: str(member["name"]) for member in seen.serf}
    by_address |= {str(member["Addr"]): str(member["Name"]) for member in seen.members}
    swarm = seen.info.get("Swarm") or {}
    addresses = {str(manager["Addr"]).rpartition(":")[0] for manager in swarm.get("RemoteManagers") or []}
    own = str(swarm.get("NodeAddr", ""))
    engines = {own: str(seen.info.get("ServerVersion", ""))}
    by_address.setdefault(own, seen.asked)
    return [
        Node(by_address.get(address, address), role="manager", address=address, engine=engines.get(address, ""))
        for address in sorted(addresses)
    ]


def _first_words(trouble: str) -> str:
    """Consul's own words for a time to live that has run out say nothing of agents."""
    return "silent" if not trouble or "TTL" in trouble else trouble.partition("\n")[0]


def _has_left(serf: Spec | None, member: Spec | None) -> bool:
    states = {serf["status"] if serf else GONE, CONSUL_STATUSES.get(member["Status"], "") if member else GONE}
    return states == {GONE}


def _with_gossip(node: Node, serf: Spec | None, member: Spec | None, consul_leader: str) -> Node:
    given = {key: value for key, value in vars(node).items() if value}
    if serf:
        given["serf"] = serf["status"]
        given.setdefault("address", str(serf["addr"]).rpartition(":")[0])
    if member:
        given["consul"] = CONSUL_STATUSES.get(member["Status"], "unknown")
        given["consul_role"] = "server" if (member.get("Tags") or {}).get("role") == "consul" else "client"
        given["consul_leader"] = given["consul_role"] == "server" and member["Addr"] == consul_leader
        given.setdefault("address", str(member["Addr"]))
    return Node(**{**given, "reachable": node.reachable})


def _deployment(seen: Seen, deployment: str) -> Deployment:
    record = parse(seen.records.get(deployment, {}), deployment)
    consul = "consul" not in seen.errors
    networks = seen.networks(deployment)
    agents = [one for one in seen.registered.get(deployment, []) if _is_agents(one)]
    everywhere = [one for name in names.dns_services(deployment, networks) for one in seen.registered.get(name, [])]
    registered = {_container(one): one for one in agents} if consul else None
    if seen.nodes:
        placed = _placed(seen, deployment, registered)
        services = _services_in_swarm(seen, deployment, placed, registered is not None)
    else:
        placed = [(_service_of(one), _registration(one)) for one in (registered or {}).values()]
        services = _services_on_record(record, placed)
    running = {placement.container for _, placement in placed if placement.state != ENDED}
    stray = [one for one in (registered or {}).values() if one["passing"] and _container(one) not in running]
    return Deployment(
        id=deployment,
        stack=record.stack,
        driver=record.driver,
        revision=record.revision,
        kept=seen.kept.get(deployment, 0),
        recorded=deployment in seen.records,
        networks=dict(sorted(networks.items())),
        services=tuple(services),
        stray=tuple(_registration(one) for one in stray),
        others=tuple(sorted({str(one["address"]) for one in everywhere if not _is_agents(one)})),
    )


def _placed(seen: Seen, deployment: str, registered: dict[str, Spec] | None) -> list[tuple[str, Placement]]:
    """(service, placement) of what Swarm runs, each with what Consul says of its container."""
    by_id = {node["ID"]: node for node in seen.nodes}
    # What Swarm says of the tasks there is what it heard last.
    lost = {hostname(node) for node in seen.nodes} - {hostname(by_id[one]) for one in _ready(seen)}
    own = {name: service for name, service in seen.services.items() if deployment_of(service) == deployment}
    found = []
    for one in placements(deployment, own, seen.tasks, by_id):
        registration = (registered or {}).get(one["container"])
        in_dns = bool(registration and registration["passing"]) if registered is not None else None
        error = one["error"] or (registration["trouble"] if registration and not in_dns else "")
        state = UNKNOWN if one["state"] == "running" and one["node"] in lost else one["state"]
        placement = Placement(one["instance"], one["node"], one["address"], state, one["container"], in_dns, error)
        found.append((str(one["service"]), placement))
    return found


def _services_in_swarm(
    seen: Seen, deployment: str, placed: list[tuple[str, Placement]], consul: bool
) -> Iterable[Service]:
    nodes = {node["ID"]: node for node in seen.nodes}
    taking = {hostname(node) for node in seen.nodes if takes_tasks(node)}
    for service in sorted(seen.services.values(), key=lambda service: str(service["Spec"]["Name"])):
        if deployment_of(service) != deployment:
            continue
        name = str(service["Spec"]["Labels"][names.LABEL_SERVICE])
        own = tuple(placement for its, placement in placed if its == name)
        tasks = [task for task in seen.tasks if task["ServiceID"] == service["ID"]]
        state = progress(service, tasks, nodes, "")
        # Of a service on every node only those nodes count that are to have it, though others keep what they have.
        asked = [one for one in own if one.node in taking] if is_everywhere(service["Spec"]) else own
        yield Service(
            name=name,
            running=sum(1 for placement in asked if placement.state in GOOD_STATES),
            wanted=state.wanted,
            in_dns=sum(1 for placement in own if placement.in_dns) if consul else None,
            update=(service.get("UpdateStatus") or {}).get("State", ""),
            reasons=state.problems,
            placements=own,
        )


def _ready(seen: Seen) -> frozenset[str]:
    return frozenset(node["ID"] for node in seen.nodes if node["Status"]["State"] == "ready")


def _services_on_record(record: Record, placed: list[tuple[str, Placement]]) -> Iterable[Service]:
    """What is known of the services while Swarm is silent: the record, and who is registered."""
    for name, wanted in sorted({**{name: None for name, _ in placed}, **record.services}.items()):
        own = tuple(placement for its, placement in placed if its == name)
        in_dns = sum(1 for placement in own if placement.in_dns)
        yield Service(name=name, running=None, wanted=wanted, in_dns=in_dns, placements=own)


def _is_agents(registration: Spec) -> bool:
    return names.META_CONTAINER in registration["meta"]


def _container(registration: Spec) -> str:
    return str(registration["meta"][names.META_CONTAINER])


def _service_of(registration: Spec) -> str:
    return str(registration["meta"].get(names.META_SERVICE, ""))


def _registration(one: Spec) -> Placement:
    return Placement(
        instance=str(one["id"]).removesuffix(".dns"),
        node=one["node"],
        address=one["address"],
        state=None,
        container=_container(one),
        in_dns=one["passing"],
        error=one["trouble"],
    )
