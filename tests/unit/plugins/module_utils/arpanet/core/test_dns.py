"""Packets of DNS, as RFC 1035 has them."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import dns

ASKED = dns.question("pricing.abc.service.consul", 7)


def answer(*addresses: str, number: int = 7, flags: int = 0x8180) -> bytes:
    """An answer as Consul writes it: the question, then records that point to its name."""
    head = struct.pack(">6H", number, flags, 1, len(addresses), 0, 0)
    records = b"".join(
        struct.pack(">HHHIH", 0xC00C, 1, 1, 0, 4) + bytes(int(part) for part in address.split("."))
        for address in addresses
    )
    return head + ASKED[12:] + records


def test_a_question() -> None:
    assert ASKED[:12] == struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0)
    assert ASKED[12:] == b"\x07pricing\x03abc\x07service\x06consul\0\0\x01\0\x01"


@pytest.mark.parametrize("addresses", [[], ["10.32.0.5"], ["10.32.0.5", "10.32.0.17"]])
def test_addresses(addresses: list[str]) -> None:
    assert dns.addresses(answer(*reversed(addresses)), 7) == addresses


def test_a_name_that_does_not_exist_has_no_addresses() -> None:
    assert dns.addresses(answer(flags=0x8183), 7) == []


def test_records_that_are_no_addresses_are_passed_over() -> None:
    alias = struct.pack(">HHHIH", 0xC00C, 5, 1, 0, 2) + b"\xc0\x0c"
    packet = struct.pack(">6H", 7, 0x8180, 1, 2, 0, 0) + ASKED[12:] + alias + answer("10.32.0.5")[-16:]
    assert dns.addresses(packet, 7) == ["10.32.0.5"]


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (answer("10.32.0.5", number=8), "another question"),
        (answer(flags=0x8182), "error 2"),
        (b"\0\7", "cannot be read"),
        (answer("10.32.0.5")[:-2], "cannot be read"),
    ],
)
def test_what_is_no_answer(packet: bytes, said: str) -> None:
    with pytest.raises(dns.DnsError, match=said):
        dns.addresses(packet, 7)


def test_truncated() -> None:
    assert dns.truncated(answer(flags=0x8380))
    assert not dns.truncated(answer())
    assert not dns.truncated(b"")
