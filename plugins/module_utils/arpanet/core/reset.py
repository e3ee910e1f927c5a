"""What has to be undone on a node so that it is what it was before site.yml: pure, from what is there.

Packages are somebody else's step, as they may have been there before. Data of deployments (local
volumes) goes only when that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# In the order in which they stop: who speaks of others before whom they speak of.
UNITS = ("arpanet-join.service", "arpanet-weave.service",
         "arpanet-agent.service", "arpanet-handlers.service", "arpanet-registry-proxy.service",
         "arpanet-registry.service", "serf.service", "consul.service", "arpanet-firewall.service")  # fmt: skip
# Everything of ours, with what is below.
PATHS = (
    "/etc/arpanet",
    "/etc/consul.d",
    "/etc/serf/arpanet.json",
    "/etc/serf/rpc.json",
    "/opt/arpanet",
    "/run/arpanet",
    "/usr/local/bin/arpanet",
    "/usr/local/bin/consul",
    "/usr/local/bin/serf",
    "/var/cache/arpanet",
    "/var/lib/arpanet",
    "/var/lib/consul",
    "/var/lib/docker-registry/docker",
    "/var/lib/serf",
    "/var/lib/weave",
)
# Directories that go as well where nothing of anybody else is in them.
SHARED = ("/etc/serf",)
DAEMON = "/etc/docker/daemon.json"
# What Weave's router has made, which outlives it.
LINKS = ("vethwe-bridge", "datapath", "weave")
# Made by Docker for the swarm's sake.
BRIDGE = "docker_gwbridge"


@dataclass(frozen=True)
class Node:
    """What is there: `units` have a file of ours, `running` are those that run or start with the host.

    `daemon` tells whether Docker's configuration is ours, or was until it was deleted, `plugins` are managed ones of
    ours, `links` and `rules` (tables of nftables) what these leave behind, `users` those that no package needs, `ports`
    whether a firewalld that runs has the cluster's.
    """

    units: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    daemon: bool = False
    engine: bool = False
    swarm: str = "inactive"
    bridge: bool = False
    volumes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    ports: bool = False

    @property
    def member(self) -> bool:
        """Do others count on it?"""
        return self.swarm not in ("inactive", "")


@dataclass(frozen=True)
class Step:
    """`verb` with what it is done to."""

    verb: str
    names: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return " ".join((self.verb.replace("_", " "), ", ".join(self.names))).strip()


def plan(node: Node, volumes: bool) -> list[Step]:
    """Steps in the order in which they are safe; none on a node that is as it was. Each may be done again."""
    steps: list[Step] = []

    def add(verb: str, names: Iterable[str]) -> None:
        found = tuple(names)
        if found:
            steps.append(Step(verb, found))

    add("stop", (unit for unit in UNITS if unit in node.running))
    if node.member:
        steps.append(Step("leave", ("the swarm",)))
    add("delete_plugins", node.plugins)
    add("delete_links", node.links)
    add("delete_rules", node.rules)
    if volumes:
        add("delete_volumes", node.volumes)
    if node.bridge:
        steps.append(Step("delete_network", (BRIDGE,)))
    if node.ports:
        steps.append(Step("close", ("the cluster's ports in firewalld",)))
    add("delete_units", (unit for unit in UNITS if unit in node.units))
    if node.daemon:
        # Before the mark that says whose it is.
        steps.append(Step("delete", (DAEMON,)))
        if node.engine:
            steps.append(Step("restart", ("docker.service",)))
    add("delete", node.paths)
    add("delete_users", node.users)
    return steps
