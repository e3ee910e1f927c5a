"""Serf's answers and refusals, from a server that stands in for it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import serf
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import (
    Reply,
    Serf,
    SerfError,
    SerfRefused,
    SerfSilent,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.serf_events import Event
from fakes.serf import FakeSerf, member, serving


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "rpc.json"
    monkeypatch.setattr(serf, "KEY_FILE", path)
    return path


@pytest.fixture
def there() -> Iterator[FakeSerf]:
    with serving() as fake:
        yield fake


@pytest.mark.parametrize("old", [False, True])
def test_members(there: FakeSerf, old: bool) -> None:
    there.old = old
    there.bodies["members-filtered"] = {"Members": [member("node1", role="manager"), member("node2", "failed")]}
    found = Serf(there.rpc).members(status="alive|failed", tags={"role": ".*"})
    assert found == [
        Member("node1", "192.0.2.11", 7947, "alive", {"role": "manager"}),
        Member("node2", "192.0.2.11", 7947, "failed", {}),
    ]
    assert found[0].as_json()["addr"] == "192.0.2.11:7947"
    assert there.request("members-filtered") == {"Status": "alive|failed", "Name": "", "Tags": {"role": ".*"}}


def test_addresses_in_their_long_form(there: FakeSerf) -> None:
    mapped, six = bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 7]), b"\x20\x01" + bytes(13) + b"\x01"
    there.bodies["members-filtered"] = {"Members": [{**member(), "Addr": mapped}, {**member(), "Addr": six}]}
    found = Serf(there.rpc).members()
    assert [one.as_json()["addr"] for one in found] == ["192.0.2.7:7947", "[2001::1]:7947"]


def test_a_cluster_of_nobody(there: FakeSerf) -> None:
    there.bodies["members-filtered"] = {"Members": None}
    assert Serf(there.rpc).members() == []


def test_one_connection_for_all(there: FakeSerf) -> None:
    there.bodies["stats"] = {"agent": {"name": "node1"}}
    one = Serf(there.rpc)
    assert (one.node_name(), one.node_name(), there.connections) == ("node1", "node1", 1)


def test_tags_events_and_the_rest_are_asked_for(there: FakeSerf) -> None:
    there.bodies["join"] = {"Num": 2}
    there.bodies["list-keys"] = {"NumNodes": 3, "NumResp": 3, "NumErr": 0, "Keys": {"a2V5": 3}, "Messages": None}
    one = Serf(there.rpc)
    one.set_tags({"role": "manager"}, delete=["old"])
    one.event("deploy", b"{}")
    one.force_leave("node3", prune=True)
    assert one.join(["192.0.2.1:7947"]) == 2
    assert one.list_keys().keys == {"a2V5": 3}
    one.leave()
    assert there.request("tags") == {"Tags": {"role": "manager"}, "DeleteTags": ["old"]}
    assert there.request("event") == {"Name": "deploy", "Payload": "{}", "Coalesce": False}
    assert there.request("force-leave") == {"Node": "node3", "Prune": True}
    assert there.commands() == ["tags", "event", "force-leave", "join", "list-keys", "leave"]


@pytest.mark.parametrize("command", ["install-key", "use-key", "remove-key"])
def test_keys(there: FakeSerf, command: str) -> None:
    there.bodies[command] = {"NumNodes": 3, "NumResp": 3}
    report = getattr(Serf(there.rpc), command.replace("-", "_"))("a2V5")
    assert (report.nodes, report.answers, report.errors) == (3, 3, 0)
    assert there.request(command) == {"Key": "a2V5"}


def test_a_body_that_nobody_asked_for_is_passed_over(there: FakeSerf) -> None:
    """Some versions send one after force-leave, and after errors."""
    there.bodies["force-leave"] = {"Exists": True}
    there.bodies["members-filtered"] = {"Members": [member()]}
    one = Serf(there.rpc)
    one.force_leave("node3", prune=True)
    assert len(one.members()) == 1
    assert there.connections == 1


def test_a_refusal_and_a_new_connection_after_it(there: FakeSerf) -> None:
    there.errors["tags"] = "Encoded length of tags\n exceeds limit"
    one = Serf(there.rpc)
    with pytest.raises(SerfRefused, match=r"^setting tags: Serf at .* said: Encoded length of tags exceeds limit$"):
        one.set_tags({"a": "b"})
    one.event("deploy")
    assert there.connections == 2


class TestKey:
    def test_this_nodes_own_is_used(self, key_file: Path) -> None:
        key_file.write_text(json.dumps({"rpc_auth": "sesame"}))
        with serving("sesame") as there:
            Serf(there.rpc).event("deploy")
            assert there.commands() == ["event"]

    @pytest.mark.parametrize("key", ["wrong", ""])
    def test_without_the_right_one(self, key: str) -> None:
        with serving("sesame") as there, pytest.raises(SerfRefused, match=r"uthentication.*which root may read"):
            Serf(there.rpc, key).event("deploy")

    @pytest.mark.parametrize("text", ["[]", "no JSON"])
    def test_a_file_that_holds_none(self, key_file: Path, text: str) -> None:
        key_file.write_text(text)
        assert serf.own_key() == ""


class TestNobodyAnswers:
    def test_no_service(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(
            SerfSilent, match=rf"Serf at 127.0.0.1:{port} does not answer .*Is the serf service running"
        ):
            Serf(f"127.0.0.1:{port}").members()

    def test_one_that_hangs(self, there: FakeSerf) -> None:
        there.mute = True
        with pytest.raises(SerfSilent, match=r"has not answered for 0.1 s"):
            Serf(there.rpc, timeout=0.1).members()

    def test_something_else(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:

            def greet() -> None:
                client, _ = other.accept()
                client.sendall(b"HTTP/1.1 400\r\n")

            threading.Thread(target=greet, daemon=True).start()
            with pytest.raises(SerfError, match="is not Serf's RPC"):
                Serf(f"127.0.0.1:{other.getsockname()[1]}").members()


class TestQuery:
    def test_replies(self, there: FakeSerf) -> None:
        there.records = [
            {"Type": "ack", "From": "node2", "Payload": None},
            {"Type": "response", "From": "node2", "Payload": b"\xff1"},
            {"Type": "done", "From": "", "Payload": None},
        ]
        replies = list(Serf(there.rpc).query("load", b"{}", nodes=["node2"], timeout=2))
        assert replies == [Reply("ack", "node2"), Reply("response", "node2", b"\xff1")]
        asked = there.request("query")
        assert (asked["Name"], asked["FilterNodes"], asked["Timeout"]) == ("load", ["node2"], 2_000_000_000)

    def test_the_next_command_after_one_that_was_given_up(self, there: FakeSerf) -> None:
        there.records = [{"Type": "ack", "From": "node2", "Payload": None}] * 2
        one = Serf(there.rpc)
        replies = one.query("load")
        next(replies)
        replies.close()
        one.event("deploy")
        assert there.commands() == ["query", "event"]

    def test_too_large(self, there: FakeSerf) -> None:
        there.errors["query"] = "query exceeds limit of 1024 bytes"
        with pytest.raises(SerfRefused, match=r"asking the query load: .* exceeds limit"):
            list(Serf(there.rpc).query("load", b"x" * 2000))


class TestEvents:
    def test_each_kind(self, there: FakeSerf) -> None:
        there.records = [
            {"Event": "member-failed", "Members": [member("node3", "failed", role="worker")]},
            {"Event": "user", "LTime": 7, "Name": "deploy", "Payload": b"{}", "Coalesce": False},
            {"Event": "query", "LTime": 8, "ID": 3, "Name": "load", "Payload": b"\xff"},
        ]
        following = iter(Serf(there.rpc).subscribe("member-failed,user,query"))
        assert [next(following) for _ in range(3)] == [
            Event("member-failed", members=(Member("node3", "192.0.2.11", 7947, "failed", {"role": "worker"}),)),
            Event("user", "deploy", b"{}", 7),
            Event("query", "load", b"\xff", 8, 3),
        ]
        assert there.request("stream") == {"Type": "member-failed,user,query"}

    def test_serf_goes_away(self, there: FakeSerf) -> None:
        following = Serf(there.rpc).subscribe()
        following.close()
        with pytest.raises(SerfSilent, match="is gone"):
            next(iter(following))

    @pytest.mark.parametrize(("error", "raised"), [("", None), ("response already sent", SerfRefused)])
    def test_answers(self, there: FakeSerf, error: str, raised: type[SerfError] | None) -> None:
        there.errors["respond"] = error
        there.records = [{"Event": "query", "LTime": 8, "ID": 3, "Name": "load", "Payload": b""}]
        following = Serf(there.rpc).subscribe("query")
        came: list[Event] = []
        arrived = threading.Event()

        def read() -> None:
            with pytest.raises(SerfSilent):
                for event in following:
                    came.append(event)
                    arrived.set()

        reader = threading.Thread(target=read)
        reader.start()
        assert arrived.wait(5)
        if raised:
            with pytest.raises(raised, match=r"answering the query load: .* said: response already sent"):
                following.answer(came[0], b"{}")
        else:
            following.answer(came[0], b"{}")
        assert there.request("respond") == {"ID": 3, "Payload": "{}"}
        following.close()
        reader.join(5)
        with pytest.raises(SerfSilent, match="is gone"):
            following.answer(came[0], b"{}")

    def test_an_answer_that_nobody_takes(self, there: FakeSerf) -> None:
        following = Serf(there.rpc, timeout=2).subscribe("query")
        with pytest.raises(SerfSilent, match=r"has not answered for 2 s"):
            following.answer(Event("query", "load", id=1), b"")
