"""The wire of Serf's RPC: msgpack over TCP."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgpack

_GREATEST = 64 << 20  # bytes of one answer: the members of a very large cluster

# What reading raises when something else than Serf answers.
BROKEN = (ValueError, KeyError, TypeError, msgpack.UnpackException)


class Said(Exception):
    """The error in Serf's answer."""


class Wire:
    """Requests and answers: each a header and, for some, a body."""

    def __init__(self, rpc: str, key: str, timeout: float) -> None:
        host, _, port = rpc.rpartition(":")
        self._timeout = timeout
        self._unpacker = msgpack.Unpacker(
            raw=False, unicode_errors="surrogateescape", strict_map_key=False, max_buffer_size=_GREATEST
        )
        self.next = 1
        self._socket = socket.create_connection((host.strip("[]"), int(port)), timeout)
        try:
            self.receive(self.send("handshake", {"Version": 1}))
            if key:
                self.receive(self.send("auth", {"AuthKey": key}))
        except BaseException:
            self.close()
            raise

    def send(self, command: str, body: Mapping[str, Any] | None = None) -> int:
        """Send a request; the number that its answer will have."""
        number = self.next
        self.next += 1
        # The old form of msgpack, which Serf of every version reads.
        data = msgpack.packb({"Command": command, "Seq": number}, use_bin_type=False)
        if body is not None:
            data += msgpack.packb(body, use_bin_type=False)
        self._socket.sendall(data)
        return number

    def receive(self, number: int, timeout: float | None = None) -> None:
        """Read until the header of this answer; Said when it holds an error."""
        limit = self._timeout if timeout is None else timeout
        while (header := self.header(limit))[0] != number:
            pass
        if header[1]:
            raise Said(header[1])

    def header(self, timeout: float | None) -> tuple[int, str]:
        """The next header: number and error. Bodies that nobody asked for are passed over: some versions
        of Serf send them with an error, or with a command whose answer is only yes or no."""
        while True:
            found = self._read(timeout)
            if found.keys() == {"Seq", "Error"}:
                return int(found["Seq"]), " ".join(str(found["Error"]).split())

    def body(self, timeout: float | None = None) -> dict[str, Any]:
        """What follows a header."""
        return self._read(timeout)

    def body_of(self, number: int, timeout: float) -> dict[str, Any]:
        """The next record of a stream."""
        self.receive(number, timeout)
        return self._read(timeout)

    def close(self) -> None:
        """Wakes up whoever reads, too."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _read(self, timeout: float | None) -> dict[str, Any]:
        while True:
            try:
                found = self._unpacker.unpack()
            except msgpack.OutOfData:
                self._socket.settimeout(timeout)
                data = self._socket.recv(65536)
                if not data:
                    raise ConnectionResetError("the connection was closed") from None
                self._unpacker.feed(data)
                continue
            if not isinstance(found, dict):
                raise ValueError(f"{found!r} is not an answer")
            return found
