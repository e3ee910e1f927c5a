"""Whether packets get past a node's firewall, whoever listens there."""

import shlex
import socket
import subprocess
import sys

from .node import Node

# A counter of its own: what arrives after the firewall's chain has let it pass.
_COUNT = """\
add table inet watch
add counter inet watch passed
add chain inet watch input {{ type filter hook input priority 5; }}
add rule inet watch input ip saddr {asker} {kind} dport {port} counter name passed
"""
_SEND = """\
import socket, sys
kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[sys.argv[1]]
try:
    sending = socket.socket(type=kind)
    sending.settimeout(1)
    sending.connect((sys.argv[2], int(sys.argv[3])))
    sending.send(b"x" * 64)
except OSError:
    pass
"""


def passes(asker: Node | None, target: Node, port: int, kind: str = "udp") -> bool:
    """Does a packet get through? Where no node asks, it is this machine's, which is no member."""
    sending = ["-c", _SEND, kind, target.address, str(port)]
    address = asker.address if asker else _own_address(target)
    target.run("nft -f -", stdin=_COUNT.format(asker=address, kind=kind, port=port))
    try:
        if asker:
            asker.run(shlex.join(["python3", *sending]))
        else:
            subprocess.run([sys.executable, *sending], check=True)
        return "packets 0 " not in target.run("sleep 0.3; nft list counter inet watch passed")
    finally:
        target.run("nft delete table inet watch")


def _own_address(target: Node) -> str:
    """That of this machine, as the target sees it. Nothing is sent."""
    with socket.socket(type=socket.SOCK_DGRAM) as towards:
        towards.connect((target.address, 9))
        return str(towards.getsockname()[0])
