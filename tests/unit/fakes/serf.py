"""A Serf agent's RPC on loopback: answers what it was told to, and remembers what it was asked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgpack

WITHOUT_BODY = {"list-keys", "leave", "stats"}


def member(name: str = "node1", status: str = "alive", **tags: str) -> dict[str, Any]:
    """A member as the wire has it."""
    return {"Name": name, "Addr": bytes([192, 0, 2, 11]), "Port": 7947, "Status": status, "Tags": tags}


class FakeSerf:
    """`errors` by command, `bodies` by command; `records` follow the header of a query or a stream."""

    def __init__(self, key: str = "") -> None:
        self.key = key
        self.errors: dict[str, str] = {}
        self.bodies: dict[str, Any] = {}
        self.records: list[Any] = []
        self.asked: list[tuple[str, Any]] = []
        self.connections = 0
        self.mute = False
        self.old = False  # bytes as text, as old versions send them
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.rpc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def commands(self) -> list[str]:
        """What was asked for, without the greetings."""
        return [command for command, _ in self.asked if command not in ("handshake", "auth")]

    def request(self, command: str) -> Any:
        """The body of the last request of a command."""
        return [body for asked, body in self.asked if asked == command][-1]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        unpacker = msgpack.Unpacker(raw=False, unicode_errors="surrogateescape")
        with client, suppress(OSError):
            header = None
            while data := client.recv(4096):
                unpacker.feed(data)
                for found in unpacker:
                    if header is None and found["Command"] not in WITHOUT_BODY:
                        header = found
                        continue
                    header, body = (found, None) if header is None else (header, found)
                    self.asked.append((header["Command"], body))
                    if not self.mute:
                        self._answer(client, header["Command"], header["Seq"], body)
                    header = None

    def _answer(self, client: socket.socket, command: str, number: int, body: Any) -> None:
        error = self.errors.get(command, "")
        if command == "auth" and body["AuthKey"] != self.key:
            error = "Invalid authentication token"
        if command not in ("handshake", "auth") and self.key and "auth" not in dict(self.asked):
            error = "Authentication required"
        header = {"Seq": number, "Error": error}
        self._send(client, header)
        if command in self.bodies:
            self._send(client, self.bodies[command])
        for record in self.records if command in ("query", "stream") and not error else ():
            if isinstance(record, float):
                time.sleep(record)
                continue
            self._send(client, header)
            self._send(client, record)

    def _send(self, client: socket.socket, value: Any) -> None:
        client.sendall(msgpack.packb(value, use_bin_type=not self.old))


@contextmanager
def serving(key: str = "") -> Iterator[FakeSerf]:
    """One that is gone at the end."""
    fake = FakeSerf(key)
    try:
        yield fake
    finally:
        fake.close()
