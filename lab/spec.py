"""What a lab consists of: its names, its nodes and its addresses. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from .say import LabError

#: OS as the user says it → Debian's code name.
SYSTEMS = {"debian-13": "trixie", "debian-12": "bookworm"}

_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")
#: One /24 of this range for each lab: apart from what Docker and Swarm take inside the
#: nodes (172.16.0.0/12, 10.0.0.0/16) and from the pool of deployments (10.32.0.0/12).
_RANGE = IPv4Network("10.213.0.0/16")
_DEPOT = 5
_FIRST_NODE = 10


@dataclass(frozen=True)
class Node:
    """One node of a lab."""

    name: str
    manager: bool


@dataclass(frozen=True)
class Spec:
    """A lab as the user asked for it."""

    lab: str = "lab"
    nodes: int = 3
    managers: int = 3
    system: str = "debian-13"
    #: Whether its nodes have all packages already.
    stocked: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.lab):
            raise LabError(f"LAB={self.lab}: a lab's name is up to 16 small letters and digits")
        if self.system not in SYSTEMS:
            raise LabError(f"OS={self.system}: known are {', '.join(SYSTEMS)}")
        if not 1 <= self.nodes <= 200:
            raise LabError(f"NODES={self.nodes}: between 1 and 200")
        if not 1 <= self.managers <= self.nodes:
            raise LabError(f"MANAGERS={self.managers}: between 1 and NODES={self.nodes}")

    @property
    def codename(self) -> str:
        """Debian's name of the nodes' release."""
        return SYSTEMS[self.system]

    @property
    def members(self) -> tuple[Node, ...]:
        """The nodes, managers first."""
        return tuple(Node(f"node{i}", i <= self.managers) for i in range(1, self.nodes + 1))


def container_name(lab: str, member: str) -> str:
    """The outer engine's name of a node's container: `arpanet-lab-node1`."""
    return f"{network_name(lab)}-{member}"


def network_name(lab: str) -> str:
    """The outer engine's name of a lab's network."""
    return f"arpanet-{lab}"


def free_network(taken: Iterable[IPv4Network]) -> IPv4Network:
    """The first /24 of the labs' range that overlaps nothing in `taken`."""
    used = list(taken)
    for candidate in _RANGE.subnets(new_prefix=24):
        if not any(candidate.overlaps(other) for other in used):
            return candidate
    raise LabError(f"no free network for a lab in {_RANGE}: remove a lab with `make lab-down LAB=…`")


def address_of(network: IPv4Network, member: str) -> IPv4Address:
    """The fixed address of `depot` or of `node<i>`."""
    if member == "depot":
        return network.network_address + _DEPOT
    return network.network_address + _FIRST_NODE + int(member.removeprefix("node"))
