"""What makes a set of hosts unfit to become a cluster, said before anything is changed.

Every function takes what `node_facts` found, by inventory name, and returns sentences for
people: what, on which node, what to do next. A node that was not looked at (it is down)
has no facts and is left out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from . import consul_config, joining, mends
from .swarm import ACTIVE, ERROR, LOCKED, PENDING, Goal, Local, foreign

Facts = Mapping[str, Any]
_EVERY = ("0.0.0.0", "::")
# The first Debian with a py-consul that is maintained.
_FIRST_WITH_LIBRARIES = 13
_ARCHITECTURES = ("amd64", "arm64")
# What a host has from when on it was given the key of a gossip.
_GIVEN = {"serf": joining.KEYRING, "consul": consul_config.GOSSIP}


def node_problems(
    nodes: Mapping[str, Facts],
    managers: Sequence[str],
    workers: Sequence[str],
    supported: Mapping[str, Sequence[str]],
    joins: bool = False,
) -> list[str]:
    """Groups, distribution, architecture, addresses and names. Hosts that join need no manager beside them."""
    found = []
    if not managers and not joins:
        found.append("The group managers is empty. Put one node there, or three to survive the loss of one.")
    for name in sorted(set(managers) & set(workers)):
        found.append(f"{name} is in both groups, managers and workers. Take it out of one.")
    for name, facts in nodes.items():
        if facts:
            found += _unfit(name, facts, supported)
    found += _twice(nodes, "address", "Set arpanet_address for each in the inventory.")
    found += _twice(nodes, "hostname", "Swarm, Consul and Serf know a node by it. Give each its own.")
    return found


def _unfit(name: str, facts: Facts, supported: Mapping[str, Sequence[str]]) -> list[str]:
    found = []
    system = facts["distribution"]
    releases = supported.get(system["id"], ())
    if not any(_same_release(system["version"], release) for release in releases):
        known = "; ".join(f"{key} {', '.join(values)}" for key, values in supported.items())
        found.append(
            f"{name} runs {system['name'] or 'an unknown system'}, which is not supported. "
            f"Supported are: {known}. Extend node_supported_distributions to try another."
        )
    if facts["architecture"] not in _ARCHITECTURES:
        found.append(f"{name} is a {facts['architecture']} machine. Supported are {' and '.join(_ARCHITECTURES)}.")
    if not facts["systemd"]:
        found.append(f"{name} is not run by systemd, which has to start the cluster's services.")
    if not facts["address"]:
        found.append(f"{name} has no default route to tell its address by. Set arpanet_address for it.")
    elif not facts["address_here"]:
        found.append(f"{name} does not have the address {facts['address']}. Correct arpanet_address for it.")
    elif ipaddress.ip_address(facts["address"]).is_loopback:
        found.append(f"{name} would be known as {facts['address']}, which no other node reaches. Set arpanet_address.")
    if facts["hostname"].partition(".")[0] == "localhost":
        found.append(f"{name} calls itself localhost. Give it a host name of its own.")
    return found


def _same_release(version: str, release: str) -> bool:
    """`9` stands for 9.4 as well, `22.04` for itself."""
    return version == release or version.startswith(f"{release}.")


def _twice(nodes: Mapping[str, Facts], key: str, advice: str) -> list[str]:
    owners: dict[str, list[str]] = {}
    for name, facts in nodes.items():
        if facts and facts[key]:
            owners.setdefault(facts[key], []).append(name)
    return [
        f"{' and '.join(names)} have the same {key}, {value}. {advice}"
        for value, names in owners.items()
        if len(names) > 1
    ]


def engine_problems(
    nodes: Mapping[str, Facts], bridges: Mapping[str, str], source: str, keys: Iterable[str], default: str
) -> list[str]:
    """Kernel, packages, the bridge's network and a configuration that somebody else wrote.

    ``bridges`` has the address and prefix of docker0 where the inventory sets it, ``default``
    what a node without docker0 gets; ``keys`` are those that we write.
    """
    found = []
    ours = set(keys)
    for name, facts in nodes.items():
        if not facts:
            continue
        if not facts["cgroups"]:
            found.append(f"{name} has no control groups under /sys/fs/cgroup; containers need them.")
        if not facts["overlay"]:
            found.append(f"{name}'s kernel has no overlay file system. Load or install the module overlay.")
        if facts["vxlan"] is False:
            found.append(
                f"{name}'s kernel has no VXLAN, which overlay networks need. Load or install the module vxlan."
            )
        if source == "distribution" and facts["distribution"]["family"] == "redhat":
            found.append(f"{name}: {facts['distribution']['name']} has no Docker. Set docker_source to docker.")
        bridge = ipaddress.ip_interface(bridges.get(name) or facts["docker0"] or default).network
        for route in facts["routes"]:
            if bridge.overlaps(ipaddress.ip_network(route["network"])):
                found.append(
                    f"{name} reaches {route['network']} through {route['interface']}, which overlaps the "
                    f"network of docker0, {bridge}. Set node_docker_bridge to a free one."
                )
        strange = sorted(set(facts["daemon_keys"]) - ours)
        if strange and not facts["managed"]:
            found.append(
                f"{name} has a /etc/docker/daemon.json with {', '.join(strange)}, which would be lost. "
                "Put them into docker_daemon_options, or remove them from the file."
            )
    return found


def swarm_problems(
    nodes: Mapping[str, Facts], managers: Sequence[str], joining: Iterable[str], demote: bool = False
) -> list[str]:
    """Nodes of other swarms, managers without the leader that others have, a first start that nobody can be sure
    about, and managers that would be demoted without a word to that effect.

    ``joining`` are the hosts of this run. Managers among them that are locked, or in a swarm with an engine that does
    not answer, are looked at again once the run has unlocked or started them.
    """
    locals_ = {name: _local(facts) for name, facts in nodes.items() if facts}
    # Also one that the inventory moved to the workers: it is demoted once the others have joined it.
    active = {name: local for name, local in locals_.items() if local.state == ACTIVE and local.manager}
    swarms = sorted({local.cluster_id for local in active.values()} - {""})
    if len(swarms) > 1:
        where = "; ".join(f"{name} in {local.cluster_id}" for name, local in active.items() if local.cluster_id)
        return [
            f"The nodes are in different swarms: {where}. Take those that are wrong out of theirs "
            "(docker swarm leave --force), or out of the inventory."
        ]
    silent = {name for name in locals_ if nodes[name]["swarm"]["silent"]}
    if not active:
        deciding = [*managers, *(name for name, local in locals_.items() if local.manager and name not in managers)]
        coming = silent | {name for name, local in locals_.items() if local.state == LOCKED}
        if coming & {*deciding} & {*joining}:
            # Until it runs, or is unlocked, nobody can say who belongs to its swarm.
            return []
        unsaid = _unsaid(deciding, locals_, silent)
        if unsaid:
            return unsaid
    known = [name for name in active if nodes[name]["swarm"]["quorum"]]
    goal = Goal(
        managers=tuple(active),
        cluster_id=swarms[0] if swarms else "",
        members=frozenset(node["id"] for node in nodes[known[0]]["swarm"]["nodes"]) if known else frozenset(),
    )
    found = []
    for name, local in locals_.items():
        if local.state == ACTIVE and foreign(local, goal):
            found.append(
                f"{name} is in another swarm ({local.cluster_id or 'as node ' + local.node_id}). Take it out "
                "with `docker swarm leave --force`, or out of the inventory."
            )
    found += [_leaderless(name, known[0]) for name, local in active.items() if known and not local.cluster_id]
    lost = [name for name in active if name not in managers]
    if lost and not demote:
        found.append(
            f"{', '.join(lost)} would stop being a manager, for the inventory has it among the workers. "
            "Set swarm_demote to true if that is meant."
        )
    waiting = [name for name in joining if name in locals_ and name not in silent and locals_[name].state != ACTIVE]
    if waiting and active and not known:
        found.append(
            f"{', '.join(waiting)} cannot join: no manager has a quorum. "
            f"Bring back the other managers of {', '.join(active)} first; when they are lost for good, "
            f"{mends.play('recover')}."
        )
    return found


def group_problems(nodes: Mapping[str, Facts], managers: Collection[str]) -> list[str]:
    """Nodes that the swarm has as what their group is not, for whoever goes by groups and changes no roles."""
    found = []
    for name, facts in nodes.items():
        swarm = facts["swarm"] if facts else {"state": ""}
        # Only managers are locked, and one that is does not say that it is one.
        manager = swarm["state"] == LOCKED or (swarm["state"] == ACTIVE and swarm["manager"])
        if manager and name not in managers:
            found.append(
                f"{name} is a manager of the swarm, and not in the group managers of the inventory. Move it there, or "
                f"make it a worker: {mends.play('demote', node=name)}."
            )
        elif swarm["state"] == ACTIVE and not manager and name in managers:
            found.append(
                f"{name} is a worker of the swarm, and in the group managers of the inventory. Move it to the group "
                f"workers, or make it a manager: {mends.play('promote', node=name)}."
            )
    return found


def _unsaid(managers: Sequence[str], locals_: Mapping[str, Local], silent: Collection[str]) -> list[str]:
    """Those who may be in a swarm, where no manager can be asked about it: a second one must not be started."""
    found = []
    unseen = [name for name in managers if name not in locals_ or name in silent]
    if unseen:
        engines = "".join(
            f" ({mends.service('start', name, 'docker')}; {mends.journal(name, 'docker')})"
            for name in unseen
            if name in silent
        )
        found.append(
            f"{', '.join(unseen)} cannot be asked whether there is a swarm already, and a second one must not "
            f"be started. Bring it up{engines}, or take it out of the group managers."
        )
    states = {name: locals_[name].state for name in managers if name not in unseen}
    apart = ", ".join(f"{name} ({state})" for name, state in states.items() if state in (LOCKED, PENDING, ERROR))
    if apart:
        found.append(
            f"{apart}: in a swarm that no manager speaks for, and a second one must not be started. Have its managers "
            f"run and unlocked; when they are lost for good, {mends.play('recover')}."
        )
    return found


def _leaderless(name: str, other: str) -> str:
    return (
        f"{name} is a manager without a leader, and {other} has one: 2377/tcp does not pass between {name} and the "
        f"other managers, or its engine hangs ({mends.journal(name, 'docker')}). When they went on without it, "
        f"{mends.play('recover')} has it leave what it was in, and site.yml lets it in again."
    )


def _local(facts: Facts) -> Local:
    swarm = facts["swarm"]
    return Local(swarm["state"], swarm["node_id"], swarm["cluster_id"], swarm["manager"], swarm["error"])


def key_problems(nodes: Mapping[str, Facts], managers: Sequence[str], key: str) -> list[str]:
    """A key that nobody who answers has, and that somebody who does not may have."""
    if not managers:
        return []
    known = [name for name in managers if nodes.get(name)]
    if not known:
        return [f"No manager answers, and the key {key} is kept by them. Bring one up: {', '.join(managers)}."]
    unseen = [name for name in managers if name not in known]
    if unseen and not any(key in nodes[name]["keys"] for name in known):
        return [
            f"{', '.join(unseen)} cannot be asked for the key {key}, and a second one must not be made. "
            "Bring it up, or take it out of the group managers."
        ]
    return []


def raft_problems(nodes: Mapping[str, Facts], hosts: Iterable[str], managers: Collection[str]) -> list[str]:
    """Of `hosts`, those that stop being a Consul server and could not tell the others so. Who has left their raft
    already, in a run that was cut off, has nothing to tell."""
    rafts = [facts["consul_peers"] for name, facts in nodes.items() if name in managers and facts]
    known = [peers for peers in rafts if peers]
    return [
        f"{name} would stay a server that is dead for all others, as Consul does not run there. Start it "
        f"({mends.service('start', name, 'consul')}) and run this again: it leaves them then."
        for name in hosts
        if name not in managers
        and nodes[name]["consul_raft"]
        and not nodes[name]["services"]["consul.service"]["active"]
        and not (known and all(nodes[name]["address"] not in peers for peers in known))
    ]


def gossips(facts: Facts) -> list[str]:
    """Those whose key a host was given, by what was looked at."""
    return [name for name, path in _GIVEN.items() if facts["files"].get(path, {}).get("kind") != "absent"]


def rotation_problems(
    nodes: Mapping[str, Facts], managers: Sequence[str], hosts: Iterable[str], gossip: str
) -> list[str]:
    """Of `hosts`, those that would be given a gossip's key while its members go from one to another.

    They would know the one that the members no longer write with, and nobody could tell them the other. Where the new
    key came with a backup, there are no members yet.
    """
    known = {name: gossip in gossips(facts) for name, facts in nodes.items() if facts}
    rotating = [name for name in managers if known.get(name) and f"{gossip}-next" in nodes[name]["keys"]]
    bare = [name for name in hosts if known.get(name) is False]
    if not rotating or not bare:
        return []
    return [
        f"{', '.join(bare)} cannot be let in now: a rotation of the key of {gossip.title()}'s gossip was cut off, and "
        f"{consul_config.KEYS}/{gossip}-next is still on {', '.join(rotating)}. "
        f"{mends.play('rotate_keys', what=gossip)} finishes it first."
    ]


def key_holder(nodes: Mapping[str, Facts], managers: Sequence[str], keys: Sequence[str]) -> str:
    """The manager that is asked for these keys and makes those that are missing; empty when none answers.

    Keys are made in one go and handed on together, so whoever has most of them has all there are.
    """
    known = [name for name in managers if nodes.get(name)]
    return max(known, key=lambda name: len({*keys} & {*nodes[name]["keys"]}), default="")


def dns_problems(
    nodes: Mapping[str, Facts], addresses: Mapping[str, Sequence[str]], default: Sequence[str]
) -> list[str]:
    """Name servers where Consul's has to be. ``addresses`` are those it will listen on where the
    inventory says so, ``default`` those of the other nodes."""
    found = []
    for name, facts in nodes.items():
        if not facts:
            continue
        wanted = {*(addresses.get(name) or default), *_EVERY}
        others = {
            (listener["process"] or "something", listener["address"])
            for listener in facts["dns_listeners"]
            if listener["address"] in wanted and listener["process"] != "consul"
        }
        for process, address in sorted(others):
            found.append(
                f"{name}: {process} listens on port 53 of {address}, where Consul has to answer. "
                f"Stop it, bind it to another address, or change consul_dns_addresses."
            )
    return found


def serf_problems(nodes: Mapping[str, Facts], sources: Mapping[str, str]) -> list[str]:
    """Distributions without the package that is wanted. ``sources`` has where a node's Serf comes from."""
    return [
        f"{name} runs {facts['distribution']['name']}, which has no package serf. Set serf_source to archive."
        for name, facts in nodes.items()
        if facts and sources.get(name) == "distribution" and facts["distribution"]["family"] != "debian"
    ]


def registry_problems(nodes: Mapping[str, Facts], managers: Iterable[str]) -> list[str]:
    """Managers whose distribution has no registry."""
    return [
        f"{name} runs {nodes[name]['distribution']['name']}, which has no package docker-registry. Take managers that "
        "run Debian or Ubuntu, or leave the role registry out and build nothing."
        for name in managers
        if nodes.get(name) and nodes[name]["distribution"]["family"] != "debian"
    ]


def library_problems(nodes: Mapping[str, Facts], libraries: Mapping[str, str]) -> list[str]:
    """Distributions whose libraries are too old for the agent. ``libraries`` has where a node's come from."""
    found = []
    for name, facts in nodes.items():
        if not facts or libraries.get(name) != "distribution":
            continue
        system = facts["distribution"]
        if system["id"] != "debian" or int(system["version"].partition(".")[0] or 0) < _FIRST_WITH_LIBRARIES:
            found.append(
                f"{name} runs {system['name']}, whose packages of docker and consul are too old or missing. "
                "Set agent_libraries to venv."
            )
    return found


def even(managers: Sequence[str]) -> str:
    """A remark on an even number of managers; empty for an odd one."""
    count = len(managers)
    if count == 0 or count % 2:
        return ""
    return (
        f"{count} managers survive the loss of {(count - 1) // 2}, no more than {count - 1} would. "
        f"Use {count - 1} or {count + 1}."
    )
