"""This node's Serf agent, through its RPC: members, tags, events, queries, keys.

Every failure is a SerfError that says what was tried, where and why.
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.members import Member
from ..core.serf_events import QUERY, USER, Event
from .serf_wire import BROKEN, Said, Wire

DEFAULT_RPC = "127.0.0.1:7373"
# Serf's own configuration of its RPC, readable by root and Serf alone: {"rpc_auth": "..."}.
KEY_FILE = Path("/etc/serf/rpc.json")


class SerfError(Exception):
    """Serf could not be asked, or refused; the message says what, where and why."""


class SerfSilent(SerfError):
    """Nobody answers at the RPC's address, or not in time."""


class SerfRefused(SerfError):
    """Serf answered with an error."""


@dataclass(frozen=True)
class Reply:
    """What came back for a query: `kind` is `ack` or `response`, `node` who sent it."""

    kind: str
    node: str
    payload: bytes = b""


@dataclass(frozen=True)
class KeyReport:
    """How the cluster took a change of its keys: of `nodes` members `errors` failed, with `messages` by member.
    `keys` are those in use, with the number of members that have each (only from list_keys)."""

    nodes: int
    answers: int
    errors: int
    messages: Mapping[str, str]
    keys: Mapping[str, int]


class Serf:
    """One connection, made when it is needed. Not for several threads at once.

    :param key: of the RPC; this node's own without one
    :param timeout: seconds that each answer has
    """

    def __init__(self, rpc: str = DEFAULT_RPC, key: str | None = None, timeout: float = 3) -> None:
        self.rpc = rpc
        self._key = key
        self._timeout = timeout
        self._wire: Wire | None = None

    # -- members

    def members(self, status: str = "", name: str = "", tags: Mapping[str, str] | None = None) -> list[Member]:
        """All members that the filters match, those that left among them. Filters are regular expressions."""
        filters = {"Status": status, "Name": name, "Tags": dict(tags or {})}
        answer = self._ask("listing members", "members-filtered", filters, body=True)
        return [_member(raw) for raw in answer.get("Members") or ()]

    def join(self, addresses: Sequence[str], replay: bool = False) -> int:
        """Join through these (`host:port`); how many answered."""
        answer = self._ask(
            f"joining through {', '.join(addresses)}",
            "join",
            {"Existing": [*addresses], "Replay": replay},
            body=True,
            timeout=max(self._timeout, 30),
        )
        return int(answer["Num"])

    def leave(self) -> None:
        """Leave the cluster for good; this ends the agent."""
        self._ask("leaving", "leave", timeout=max(self._timeout, 30))
        self.close()

    def force_leave(self, node: str, prune: bool = False) -> None:
        """Tell everybody that a failed member has left; with `prune`, to forget one that left as well."""
        self._ask(f"declaring {node} gone", "force-leave", {"Node": node, "Prune": prune})

    def stats(self) -> dict[str, dict[str, str]]:
        """What the agent counts, by part: `{"agent": {"name": ...}, "serf": {"members": "3", ...}, ...}`."""
        return dict(self._ask("asking for statistics", "stats", body=True))

    def node_name(self) -> str:
        """The name of this agent's member."""
        return str(self.stats()["agent"]["name"])

    def set_tags(self, tags: Mapping[str, str], delete: Sequence[str] = ()) -> None:
        """Set some tags of this node and delete others."""
        self._ask("setting tags", "tags", {"Tags": dict(tags), "DeleteTags": [*delete]})

    # -- events and queries

    def event(self, name: str, payload: bytes = b"", coalesce: bool = False) -> None:
        """Tell all members. With `coalesce`, of several at once only the last one arrives."""
        body = {"Name": name, "Payload": payload, "Coalesce": coalesce}
        self._ask(f"sending the event {name}", "event", body)

    def query(
        self,
        name: str,
        payload: bytes = b"",
        nodes: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
        timeout: float = 15,
    ) -> Iterator[Reply]:
        """Ask the members (some of them: by name, by tags as regular expressions); replies as they come.

        It ends after `timeout` seconds. Close the generator to stop earlier.
        """
        body = {
            "Name": name,
            "Payload": payload,
            "FilterNodes": [*nodes],
            "FilterTags": dict(tags or {}),
            "RequestAck": True,
            "Timeout": int(timeout * 1e9),
        }
        what = f"asking the query {name}"
        with self._connected(what) as wire:
            number = wire.send("query", body)
            wire.receive(number)
            try:
                while (record := wire.body_of(number, timeout + self._timeout))["Type"] != "done":
                    yield Reply(str(record["Type"]), str(record["From"]), _bytes(record.get("Payload")))
            finally:
                # What still comes for it would be in the way of the next answer.
                self.close()

    def subscribe(self, kinds: str = "*") -> Subscription:
        """Follow what happens, such as `member-failed,user:deploy,query`; on a connection of its own."""
        with self._asking("following events"):
            wire = Wire(self.rpc, self._secret(), self._timeout)
            number = wire.send("stream", {"Type": kinds})
            wire.receive(number)
            return Subscription(wire, number, f"Serf at {self.rpc}", self._timeout)

    # -- keys of the gossip

    def install_key(self, key: str) -> KeyReport:
        """Give a key (base64) to all members, beside those that they have."""
        return self._keys("installing a key", "install-key", {"Key": key})

    def use_key(self, key: str) -> KeyReport:
        """Encrypt with a key that all members have."""
        return self._keys("changing the key in use", "use-key", {"Key": key})

    def remove_key(self, key: str) -> KeyReport:
        """Take a key that is not in use from all members."""
        return self._keys("removing a key", "remove-key", {"Key": key})

    def list_keys(self) -> KeyReport:
        """The keys of all members."""
        return self._keys("listing keys", "list-keys")

    def _keys(self, what: str, command: str, body: Mapping[str, Any] | None = None) -> KeyReport:
        raw = self._ask(what, command, body, body=True, timeout=max(self._timeout, 30))
        return KeyReport(
            nodes=int(raw.get("NumNodes", 0)),
            answers=int(raw.get("NumResp", 0)),
            errors=int(raw.get("NumErr", 0)),
            messages=raw.get("Messages") or {},
            keys=raw.get("Keys") or {},
        )

    # -- the connection

    def close(self) -> None:
        """The next call connects anew."""
        if self._wire:
            self._wire.close()
        self._wire = None

    def _secret(self) -> str:
        return own_key() if self._key is None else self._key

    def _ask(
        self,
        what: str,
        command: str,
        request: Mapping[str, Any] | None = None,
        body: bool = False,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Send a command; what its answer holds, where it has a body."""
        with self._connected(what) as wire:
            number = wire.send(command, request)
            wire.receive(number, timeout)
            return wire.body(timeout) if body else {}

    @contextmanager
    def _connected(self, what: str) -> Iterator[Wire]:
        """The connection; after any failure the next call makes a new one."""
        try:
            with self._asking(what):
                if self._wire is None:
                    self._wire = Wire(self.rpc, self._secret(), self._timeout)
                yield self._wire
        except SerfError:
            self.close()
            raise

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Says what was tried, and on whom."""
        try:
            yield
        except Said as error:
            raise SerfRefused(f"{what}: Serf at {self.rpc} said: {error}{_advice(str(error))}") from error
        except TimeoutError as error:
            raise SerfSilent(f"{what}: Serf at {self.rpc} has not answered for {self._timeout:g} s") from error
        except OSError as error:
            why = error.strerror or str(error)
            raise SerfSilent(
                f"{what}: Serf at {self.rpc} does not answer ({why}). Is the serf service running?"
            ) from error
        except BROKEN as error:
            raise SerfError(f"{what}: what answers at {self.rpc} is not Serf's RPC ({error!r})") from error


class Subscription:
    """A stream of events. One thread iterates; others may answer the queries meanwhile."""

    def __init__(self, wire: Wire, number: int, who: str, timeout: float) -> None:
        self._wire = wire
        self._number = number
        self._who = who
        self._timeout = timeout
        self._lock = threading.Lock()
        self._answers: dict[int, tuple[threading.Event, list[str]]] = {}

    def __iter__(self) -> Iterator[Event]:
        """Ends only with a SerfError: whoever goes on must look at everything again."""
        try:
            while True:
                number, error = self._wire.header(None)
                if number == self._number:
                    yield _event(self._wire.body(None))
                elif number in self._answers:
                    came, said = self._answers[number]
                    said.append(error)
                    came.set()
        except (OSError, *BROKEN) as error:
            raise SerfSilent(f"following events: {self._who} is gone ({error})") from error

    def answer(self, query: Event, payload: bytes) -> None:
        """Answer a query of this stream, or SerfError: it is over by now, or the answer is too large."""
        what = f"answering the query {query.name}: {self._who}"
        came, said = threading.Event(), list[str]()
        try:
            with self._lock:
                number = self._wire.next
                self._answers[number] = (came, said)
                self._wire.send("respond", {"ID": query.id, "Payload": payload})
        except OSError as error:
            raise SerfSilent(f"{what} is gone ({error})") from error
        came.wait(self._timeout)
        del self._answers[number]
        if not said:
            raise SerfSilent(f"{what} has not answered for {self._timeout:g} s")
        if said[0]:
            raise SerfRefused(f"{what} said: {said[0]}")

    def close(self) -> None:
        """Stop following; the iteration ends with a SerfError."""
        self._wire.close()


def own_key() -> str:
    """The key of this node's RPC; empty where it has none, or where it is not ours to read."""
    try:
        return str(json.loads(KEY_FILE.read_text()).get("rpc_auth", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _advice(said: str) -> str:
    if "uthentication" in said:
        return f". Its key is in {KEY_FILE}, which root may read"
    return ""


def _bytes(value: Any) -> bytes:
    """Old versions send bytes as text."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value or b"")


def _member(raw: Mapping[str, Any]) -> Member:
    address = ipaddress.ip_address(_bytes(raw["Addr"]))
    plain = getattr(address, "ipv4_mapped", None) or address
    return Member(str(raw["Name"]), str(plain), int(raw["Port"]), str(raw["Status"]), raw.get("Tags") or {})


def _event(raw: Mapping[str, Any]) -> Event:
    kind = str(raw["Event"])
    if kind not in (USER, QUERY):
        return Event(kind, members=tuple(_member(one) for one in raw.get("Members") or ()))
    return Event(kind, str(raw["Name"]), _bytes(raw.get("Payload")), int(raw["LTime"]), int(raw.get("ID", 0)))
