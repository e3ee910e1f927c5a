"""A name server that answers, answers in part, or not at all."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import resolver
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.dns import DnsError


def record(packet: bytes, address: bytes | None, flags: int = 0x8180) -> bytes:
    count = 0 if address is None else 1
    found = b"" if address is None else struct.pack(">HHHIH", 0xC00C, 1, 1, 0, 4) + address
    return packet[:2] + struct.pack(">5H", flags, 1, count, 0, 0) + packet[12:] + found


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """One that says 10.0.0.1 by UDP, or, asked for `long`, that TCP says it: 10.0.0.2."""
    with socket.create_server(("127.0.0.1", 0)) as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        number = stream.getsockname()[1]
        datagrams.bind(("127.0.0.1", number))

        def by_udp() -> None:
            lost = False
            while True:
                try:
                    packet, asker = datagrams.recvfrom(512)
                except OSError:
                    return
                if b"lost" in packet and not lost:
                    lost = True
                    continue
                if b"long" in packet:
                    datagrams.sendto(record(packet, None, 0x8380), asker)
                else:
                    datagrams.sendto(record(packet, b"\x0a\0\0\x01"), asker)

        def by_tcp() -> None:
            try:
                line, _ = stream.accept()
            except OSError:
                return
            with line:
                packet = line.recv(512)[2:]
                answer = record(packet, b"\x0a\0\0\x02")
                line.sendall(struct.pack(">H", len(answer)) + answer)

        threading.Thread(target=by_udp, daemon=True).start()
        threading.Thread(target=by_tcp, daemon=True).start()
        monkeypatch.setattr(resolver, "_PORT", number)
        yield number
        datagrams.close()


def test_names_and_their_addresses(port: int) -> None:
    found = resolver.resolve("127.0.0.1", ["a.consul", "long.consul", "b.consul"])
    assert found == {"a.consul": ["10.0.0.1"], "long.consul": ["10.0.0.2"], "b.consul": ["10.0.0.1"]}


def test_a_lost_datagram_is_sent_again(port: int) -> None:
    assert resolver.resolve("127.0.0.1", ["lost.consul"], timeout=1) == {"lost.consul": ["10.0.0.1"]}


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setattr(resolver, "_PORT", free.getsockname()[1])
    with pytest.raises(DnsError, match=r"nobody answers on port \d+ of 127\.0\.0\.1"):
        resolver.resolve("127.0.0.1", ["a.consul"], timeout=0.2)
