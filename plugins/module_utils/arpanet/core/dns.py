"""Questions and answers of DNS on the wire, as far as addresses go (RFC 1035)."""

from __future__ import annotations

import ipaddress
import struct

_HEADER = struct.Struct(">6H")
_RECORD = struct.Struct(">HHIH")
_A, _IN, _RECURSE, _TRUNCATED = 1, 1, 0x0100, 0x0200
_POINTER = 0xC0
_NO_SUCH_NAME = 3


class DnsError(Exception):
    """No usable answer; the message says why."""


def question(name: str, number: int) -> bytes:
    """The packet that asks for the addresses of a name; `number` is found again in the answer."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return _HEADER.pack(number, _RECURSE, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", _A, _IN)


def truncated(packet: bytes) -> bool:
    """Does the rest of the answer have to be fetched by TCP?"""
    return len(packet) >= _HEADER.size and bool(_HEADER.unpack_from(packet)[1] & _TRUNCATED)


def addresses(packet: bytes, number: int) -> list[str]:
    """The addresses of an answer, sorted; none for a name that does not exist."""
    try:
        got, flags, questions, answers, _, _ = _HEADER.unpack_from(packet)
        if got != number:
            raise DnsError("the answer is to another question")
        if flags & 0xF not in (0, _NO_SUCH_NAME):
            raise DnsError(f"the server said error {flags & 0xF}")
        at = _HEADER.size
        for _ in range(questions):
            at = _after_name(packet, at) + 4
        found = []
        for _ in range(answers):
            at = _after_name(packet, at)
            kind, _, _, length = _RECORD.unpack_from(packet, at)
            at += _RECORD.size
            if kind == _A:
                found.append(ipaddress.IPv4Address(packet[at : at + length]))
            at += length
        return [str(address) for address in sorted(found)]
    except (struct.error, IndexError, ValueError) as error:
        raise DnsError(f"the answer cannot be read: {error}") from error


def _after_name(packet: bytes, at: int) -> int:
    while packet[at]:
        if packet[at] >= _POINTER:
            return at + 2
        at += packet[at] + 1
    return at + 1
