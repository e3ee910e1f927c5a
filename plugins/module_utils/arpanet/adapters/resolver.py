"""A name server, asked as a container asks it: by UDP, and by TCP where the answer is too long."""

from __future__ import annotations

import itertools
import socket
import struct
from collections.abc import Iterable

from ..core import dns
from ..core.dns import DnsError

_PORT = 53
_TRIES = 2  # a datagram may be lost


def resolve(server: str, names: Iterable[str], timeout: float = 2) -> dict[str, list[str]]:
    """The addresses that a server gives for each name, none for one that does not exist.

    :raises DnsError: it does not answer, or not with addresses.
    """
    numbers = itertools.count(1)
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(timeout)
        try:
            line.connect((server, _PORT))
            for name in names:
                number = next(numbers)
                packet = _exchange(line, dns.question(name, number), number)
                if dns.truncated(packet):
                    packet = _by_tcp(server, dns.question(name, number), timeout)
                found[name] = dns.addresses(packet, number)
        except OSError as error:
            raise DnsError(f"nobody answers on port {_PORT} of {server}: {error}") from error
    return found


def _exchange(line: socket.socket, packet: bytes, number: int) -> bytes:
    for again in reversed(range(_TRIES)):
        line.send(packet)
        try:
            while True:
                answer = line.recv(65535)
                # A late answer to the question before this one is passed over.
                if answer[:2] == struct.pack(">H", number):
                    return answer
        except TimeoutError:
            if not again:
                raise
    raise AssertionError("unreachable")


def _by_tcp(server: str, packet: bytes, timeout: float) -> bytes:
    with socket.create_connection((server, _PORT), timeout) as line:
        line.sendall(struct.pack(">H", len(packet)) + packet)
        with line.makefile("rb") as stream:
            (length,) = struct.unpack(">H", stream.read(2))
            return stream.read(length)
