"""docs/ports.md is what really listens, on managers and on workers: no port less, and none more."""

import ipaddress
import re

from harness.cluster import CHECKOUT, Cluster
from harness.eventually import eventually
from harness.node import Node

# (protocol, port, program)
Socket = tuple[str, int, str]

# In ss, sockets of the kernel have no process.
KERNEL = "kernel"
# Ports that services publish, and what containerd has of its own.
OTHERS = {"docker-proxy", "containerd"}
# There while a node has a task on an overlay network.
AT_TIMES = {("udp", 4789, KERNEL)}

_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
# Docker's name server, which it puts in the way of each container.
_DOCKER_DNS = "127.0.0.11"


def documented(node: Node, title: str) -> set[Socket]:
    """What the table below `title` says of a node."""
    table = (CHECKOUT / "docs/ports.md").read_text().split(title)[1].strip().split("\n\n")[0]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    found = set()
    for row in (dict(zip(head, cells, strict=True)) for cells in rows):
        place = row.get("to") or row["on"]
        if "all nodes" in place or (node.manager and "managers" in place):
            number, _, protocols = row["port"].partition("/")
            found |= {(protocol, int(number), row["program"].strip("`")) for protocol in protocols.split("+")}
    return found


def listening(node: Node) -> dict[bool, set[Socket]]:
    """What listens to other hosts (True) and to the node and its containers alone (False)."""
    docker0 = node.run("ip -4 -brief address show docker0").split()[2].partition("/")[0]
    found: dict[bool, set[Socket]] = {True: set(), False: set()}
    for line in node.run("ss --no-header --listening --tcp --udp --numeric --processes").splitlines():
        protocol, _, _, _, where, *_ = line.split()
        address, _, port = where.rpartition(":")
        address = address.strip("[]").partition("%")[0]
        program = re.search(r'users:\(\("([^"]+)"', line)
        name = program[1] if program else KERNEL
        if name in OTHERS or address == _DOCKER_DNS:
            continue
        inside = address == docker0 or (address != "*" and ipaddress.ip_address(address) in _LOOPBACK)
        found[not inside].add((protocol, int(port), name))
    return found


def test_nothing_listens_that_is_not_in_the_documentation(cluster: Cluster) -> None:
    def agree(node: Node) -> None:
        found = listening(node)
        outside = documented(node, "between the hosts of a cluster:")
        assert found[True] | AT_TIMES == outside, node.name
        assert found[False] == documented(node, "must not be opened:"), node.name

    # A program that asks somebody has a socket for a moment.
    for node in cluster.nodes:
        eventually(lambda node=node: agree(node))
