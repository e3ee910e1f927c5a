"""Weave on a node: what its plugin is set to, and what its router says of itself.

The router's answers are those of `GET /report` with `Accept: application/json`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

# What the published plugin's helper asks the Engine with, at the plugin's first start.
HELPER_API = "1.26"

FASTDP, SLEEVE = "fastdp", "sleeve"
ESTABLISHED = "established"

# Seconds that a node may not be ready before tasks on Weave leave it.
GRACE = 30.0
# The same of a node whose guard was stopped, which is how a plugin is changed.
GRACE_STOPPED = 300.0

_OURSELF = "ourself"


def peer_name(node: str) -> str:
    """A router's name, which is also the hardware address of its bridge: locally administered, of one station.

    Routers make their names of a hardware UUID, which cloned hosts have in common. A node's name is its own.
    """
    first, *rest = hashlib.sha256(node.encode()).digest()[:6]
    return ":".join(f"{byte:02x}" for byte in (first & 0xFC | 0x02, *rest))


def fast(openvswitch: bool, bridge: bool, datapath: bool) -> bool:
    """Whether a node's router takes the fast data path.

    The bridge that it has made outlives it, and it does not start again as another kind of router.

    :param openvswitch: the kernel has it.
    :param bridge: the router's bridge is there already.
    :param datapath: the router's datapath is there already, so that the bridge is one of the fast path.
    """
    return datapath or (openvswitch and not bridge)


def settings(
    node: str, address_range: str, mtu: int, trusted: str | Iterable[str], arguments: str, fast_path: bool = True
) -> dict[str, str]:
    """What the plugin is set to, without its password; an empty text is the plugin's own default."""
    words = [f"--name={peer_name(node)}"]
    if not fast_path:
        words.append("--no-fastdp")
    subnets = ",".join(sorted(subnets_of(trusted)))
    if subnets:
        words.append(f"--trusted-subnets={subnets}")
    return {
        "EXTRA_ARGS": " ".join([*words, *arguments.split()]),
        "IPALLOC_RANGE": address_range,
        "WEAVE_MTU": str(mtu or ""),
    }


def subnets_of(asked: str | Iterable[str]) -> list[str]:
    """Subnets as they are asked for, in a list or a text with commas. :raises ValueError: one is none."""
    words = asked.split(",") if isinstance(asked, str) else asked
    return [str(IPv4Network(word.strip(), strict=False)) for word in words if word.strip()]


def additions(floor: str) -> dict[str, str]:
    """What a plugin that is made from a bundle has in its configuration besides what the bundle says.

    :param floor: the oldest version of the API that the node's Engine speaks.
    """
    return {
        # Else every interface of the host would show who is a peer of whom.
        "WEAVE_STATUS_ADDR": "127.0.0.1:6782",
        # What its helper asks with, whatever it was built for.
        "DOCKER_API_VERSION": max(floor, HELPER_API, key=_version),
    }


def api_problem(node: str, floor: str, engine: str, helper: str) -> str:
    """Why the plugin would not start beside this Engine, and the way out; empty when it would.

    :param floor: the oldest version of the API that the Engine speaks; empty where no Engine runs yet.
    :param engine: the Engine's own version.
    :param helper: the version that the plugin asks with; empty for one that asks with the Engine's.
    """
    if not floor or not helper or _version(helper) >= _version(floor):
        return ""
    return (
        f"{node}: Docker {engine} answers no API older than {floor}, and this plugin asks with {helper}, so it would "
        f'not start. Set docker_daemon_options to {{min-api-version: "{helper}"}}, or install the plugin from a bundle '
        "(weave_bundle), which is told the right version."
    )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def range_problems(
    address_range: str, pools: Mapping[str, str], nodes: Mapping[str, Iterable[tuple[str, str]]], bridge: str = "weave"
) -> list[str]:
    """Why the router cannot have this range: it refuses to start where a route leads into it.

    :param pools: ranges that others take addresses of, each with the variable that says so.
    :param nodes: for each node its routes and Docker networks, as (name, network).
    """
    try:
        wanted = IPv4Network(address_range)
    except ValueError as error:
        return [f"weave_range {address_range!r} is no range such as 10.31.255.0/24: {error}"]
    found = []
    for pool, variable in pools.items():
        if wanted.overlaps(IPv4Network(pool)):
            found.append(
                f"weave_range {wanted} lies in the pool {pool} ({variable}). Choose one outside of it; a small one "
                "does, for containers get no addresses of it."
            )
    for node, networks in nodes.items():
        for name, network in dict.fromkeys(networks):
            if name != bridge and wanted.overlaps(IPv4Network(network)):
                found.append(
                    f"{node} reaches {network} through {name}, which overlaps weave_range {wanted}, and Weave would "
                    "not start there. Choose another."
                )
    return found


def trusted_problems(asked: str | Iterable[str]) -> list[str]:
    """Why the router cannot trust these subnets: with one that is none it does not start."""
    try:
        subnets_of(asked)
    except ValueError as error:
        return [f"weave_trusted_subnets {asked!r}: {error}. Give ranges of nodes' addresses, such as [192.168.7.0/24]."]
    return []


@dataclass(frozen=True)
class State:
    """A node's Weave as it is now. `path` is fastdp or sleeve, `lost` the peers nobody reaches that own ranges.

    `connections` counts those to other peers by their state, `unready` says why no task should come here.
    """

    peer: str = ""
    version: str = ""
    path: str = ""
    encrypted: bool = False
    peers: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    connections: Mapping[str, int] | None = None
    failures: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unready: str = ""

    def as_value(self, node: str) -> dict[str, Any]:
        """The JSON object for Consul. Without what changes all the time."""
        return {
            "node": node,
            "ready": not self.unready,
            "why": self.unready,
            "peer": self.peer,
            "version": self.version,
            "path": self.path,
            "encrypted": self.encrypted,
            "peers": sorted(self.peers),
            "connections": dict(sorted((self.connections or {}).items())),
            "failures": sorted(self.failures),
            "lost": sorted(self.lost),
        }


def read(report: Mapping[str, Any]) -> State:
    """What a router's report says."""
    router: Mapping[str, Any] = report.get("Router") or {}
    others = [one for one in router.get("Connections") or [] if _OURSELF not in str(one.get("Info") or "")]
    established = [one for one in others if one.get("State") == ESTABLISHED]
    paths = {str((one.get("Attrs") or {}).get("name") or "") for one in established} - {""}
    return State(
        peer=str(router.get("Name") or ""),
        version=str(report.get("Version") or ""),
        path=SLEEVE if SLEEVE in paths else next(iter(sorted(paths)), _interface(router)),
        # A password is no encryption where subnets are trusted.
        encrypted=bool(router.get("Encryption"))
        and all((one.get("Attrs") or {}).get("encrypted") for one in established),
        peers=tuple(str(one.get("Name")) for one in router.get("Peers") or []),
        targets=tuple(str(one) for one in router.get("Targets") or []),
        connections=Counter(str(one.get("State")) for one in others),
        failures=tuple(
            # Without when it will try again, which is another text at every look.
            f"{one.get('Address')}: {one.get('State')}, {str(one.get('Info') or '').partition(', retry')[0]}".rstrip(
                ", "
            )
            for one in others
            if one.get("State") != ESTABLISHED
        ),
        lost=_lost(report.get("IPAM") or {}),
        unready="" if report.get("Ready") else "its router is not ready",
    )


def _interface(router: Mapping[str, Any]) -> str:
    """The data path of a router that has no peer yet: what it reads frames with."""
    said = str(router.get("Interface") or "")
    return SLEEVE if "pcap" in said else FASTDP if said else ""


def _lost(ipam: Mapping[str, Any]) -> tuple[str, ...]:
    owners = {
        str(one.get("Peer")) for one in ipam.get("Entries") or [] if one.get("Size") and not one.get("IsKnownPeer")
    }
    return tuple(sorted(owners))


def targets_change(state: State, addresses: Collection[str], own: str) -> list[str] | None:
    """The peers that a router should be told to connect to, instead of those it has; None when it knows.

    :param addresses: those of all nodes of the cluster.
    """
    wanted = sorted({*addresses} - {own, ""})
    known = sorted({target.partition(":")[0] for target in state.targets} - {own})
    return None if wanted == known else wanted


def to_reclaim(lost: Iterable[str], nodes: Iterable[str]) -> list[str]:
    """Peers whose ranges the leader takes back: nobody reaches them, and no node of the cluster is called so.

    A node that is only down comes back and wants its ranges.
    """
    return sorted({*lost} - {peer_name(node) for node in nodes})


@dataclass(frozen=True)
class Gate:
    """A node of the swarm: whether tasks on Weave may go there, which is a label of it."""

    id: str
    name: str
    open: bool


def gates(
    nodes: Iterable[Gate], records: Mapping[str, Mapping[str, Any]], unready_for: Mapping[str, float]
) -> list[Gate]:
    """The gates that have to change, as they should be.

    To close one moves the tasks there elsewhere: so only after a while, in which a service may restart, and never
    the last one, for then something else is wrong.

    :param records: by node, what it wrote (`State.as_value`, and `stopped` by a guard that was); a node without one has
        no Weave.
    :param unready_for: by node, for how many seconds it has not been ready.
    """
    known = [*nodes]
    ready = {node.name for node in known if records.get(node.name, {}).get("ready")}
    found = [Gate(node.id, node.name, True) for node in known if not node.open and node.name in ready]
    if ready:
        found += [
            Gate(node.id, node.name, False)
            for node in known
            if node.open
            and node.name not in ready
            and unready_for.get(node.name, 0.0) >= _grace(records.get(node.name))
        ]
    return found


def _grace(record: Mapping[str, Any] | None) -> float:
    return GRACE_STOPPED if record and record.get("stopped") else GRACE


def unready(nodes: Iterable[str], records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Which of the nodes cannot carry a Weave network, each with why and what to do.

    :param records: by node, what its agent wrote (`State.as_value`).
    """
    found = []
    for node in sorted(nodes):
        record = records.get(node)
        if not record:
            found.append(f"{node} has no Weave")
        elif not record.get("ready"):
            found.append(f"Weave on {node} is not ready ({record.get('why') or 'it does not say why'})")
    return found
