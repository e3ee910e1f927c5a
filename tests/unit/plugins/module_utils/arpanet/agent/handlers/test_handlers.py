"""Handlers that really run, of events that a stand-in for Serf tells."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import Serf, SerfRefused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.handlers.__main__ import Follower, Own
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.handlers.dispatcher import Dispatcher
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.handlers.lanes import WAITING, Lane
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.serf_events import Event
from fakes.serf import member, serving

OWN = Member("node1", "192.0.2.1", tags={"role": "manager"})
DEPLOY = Event("user", "deploy", b'{"a":1}', 7)
LOAD = Event("query", "load", b"[2]", 8, 3)
MODULE_UTILS = Path(__file__).parents[7] / "plugins" / "module_utils"


class Node:
    """A node's handlers and what they write; `do` waits until nobody runs any more."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "handlers.d"
        self.settings = tmp_path / "handlers.json"
        self.out = tmp_path / "out"
        self.answers: list[bytes] = []
        self.root.mkdir(mode=0o755)
        self.dispatcher = Dispatcher(self.root, self.settings, lambda: OWN)

    def write(self, handler: str, script: str, mode: int = 0o755) -> Path:
        path = self.root / handler
        for parent in reversed([path.parent, *path.parent.parents]):
            if self.root in parent.parents and not parent.exists():
                parent.mkdir(mode=0o755)
        path.write_text(f"#!/bin/sh\nexec 3>>{self.out}\n{script}\n")
        path.chmod(mode)
        return path

    def do(self, *events: Event, answer: Callable[[bytes], None] | None = None) -> str:
        # These, not how many: one that another test has left may end meanwhile.
        before = {*threading.enumerate()}
        for event in events:
            self.dispatcher.handle(event, answer or self.answers.append)
        until(lambda: {*threading.enumerate()} <= before)
        return self.out.read_text() if self.out.exists() else ""


def until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_payload_environment_and_log(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    node.write(
        "user/deploy/10-notify",
        'cat >&3; echo " $SERF_EVENT $SERF_USER_EVENT $SERF_TAG_ROLE" >&3; echo said; echo why >&2',
    )
    assert node.do(DEPLOY) == '{"a":1} user deploy manager\n'
    lines = [entry.message for entry in caplog.records]
    assert {"user/deploy", "user/deploy/10-notify: said", "user/deploy/10-notify: why"} <= set(lines)


def test_members_are_json(node: Node) -> None:
    node.write("member-failed/a", "cat >&3")
    found = node.do(Event("member-failed", members=(Member("node3", "192.0.2.3"),)))
    assert [one["name"] for one in json.loads(found)] == ["node3"]


def test_which_run_and_in_which_order(node: Node) -> None:
    for name in ("user/deploy/2", "user/deploy/1", "user/every", "user/other/x", "user/deploy/.hidden"):
        node.write(name, f"echo {name} >&3")
    node.write("user/deploy/text", "echo text >&3", mode=0o644)
    assert sorted(node.do(DEPLOY).split()) == ["user/deploy/1", "user/deploy/2", "user/every"]
    assert node.do(Event("member-join")).count("\n") == 3


@pytest.mark.parametrize("unsafe", ["user/deploy/a", "user/deploy", "user", "."])
def test_what_others_may_write_is_not_run(node: Node, caplog: pytest.LogCaptureFixture, unsafe: str) -> None:
    node.write("user/deploy/a", "echo ran >&3")
    (node.root / unsafe).chmod(0o777)
    assert node.do(DEPLOY) == ""
    assert "is not run: others than its owner may write" in caplog.text


def test_a_failure_is_logged(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    node.write("user/deploy/a", "exit 3")
    path = node.write("user/deploy/b", "")
    path.write_text("#!/nowhere/sh\n")
    node.do(DEPLOY)
    assert "user/deploy/a: exit code 3 after" in caplog.text
    assert "user/deploy/b cannot be started: No such file" in caplog.text


def test_no_overlap_unless_asked_for(node: Node) -> None:
    node.write("user/deploy/a", "echo begin >&3; sleep 0.2; echo end >&3")
    assert node.do(DEPLOY, DEPLOY).split() == ["begin", "end", "begin", "end"]
    node.out.unlink()
    both = f"until [ $(grep -c begin {node.out}) = 2 ]; do sleep 0.01; done"
    node.write("user/deploy/a", f"echo begin >&3; {both}; echo end >&3")
    node.settings.write_text('{"handlers": {"user/deploy/a": {"overlap": true}}}')
    assert node.do(DEPLOY, DEPLOY).split() == ["begin", "begin", "end", "end"]


def test_a_time_limit_holds_for_all_that_was_started(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    node.settings.write_text('{"timeout": 2}')
    node.write("user/deploy/a", "sleep 60 & echo $! >&3; sleep 60")
    began = time.monotonic()
    child = int(node.do(DEPLOY))
    assert time.monotonic() - began < 30
    assert "user/deploy/a: ended after 2 s, its time was over" in caplog.text
    until(lambda: not alive(child))


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_settings_that_cannot_be_used_are_left_aside(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    node.settings.write_text("{")
    node.write("user/deploy/a", "echo ran >&3")
    assert node.do(DEPLOY) == "ran\n"
    assert "so handlers have the usual settings" in caplog.text


def test_much_output_and_no_interest_in_the_payload(node: Node) -> None:
    node.write("query/load/a", "yes | head -c 1000000; exit 0")
    node.do(Event("query", "load", b"x" * 700, 8, 3))
    assert node.answers == [b'{"error": "query/load/a said 65535 bytes, and an answer has at most 768"}']


class TestQueries:
    def test_the_first_that_has_something_to_say(self, node: Node) -> None:
        node.write("query/load/1", "echo asked >&3")
        node.write("query/load/2", "cat")
        node.write("query/load/3", "echo never >&3")
        assert node.do(LOAD) == "asked\n"
        assert node.answers == [b"[2]"]

    def test_nobody_has(self, node: Node) -> None:
        node.write("query/load/1", "")
        node.do(LOAD)
        assert node.answers == []

    def test_an_answer_that_comes_too_late(self, node: Node, caplog: pytest.LogCaptureFixture) -> None:
        def refuse(_payload: bytes) -> None:
            raise SerfRefused("No pending queries matching ID")

        node.write("query/load/1", "echo 1")
        node.do(LOAD, answer=refuse)
        assert "query/load/1: No pending queries" in caplog.text


class TestLane:
    def test_too_many_are_refused(self) -> None:
        gate, lane = threading.Event(), Lane("a", 1)
        results = [lane.put(gate.wait) for _ in range(WAITING + 2)]
        assert results.count(False) in (1, 2)
        gate.set()

    def test_a_job_that_breaks_is_not_the_last(self, caplog: pytest.LogCaptureFixture) -> None:
        lane, done = Lane("a", 1), threading.Event()
        lane.put(lambda: 1 // 0)
        lane.put(done.set)
        assert done.wait(5)
        assert "this should not happen" in caplog.text


class TestFollower:
    def test_events_reach_handlers_and_answers_go_back(self, node: Node) -> None:
        node.write("user/deploy/a", "cat >&3")
        node.write("query/load/a", "echo 42")
        with serving() as there:
            there.bodies["stats"] = {"agent": {"name": "node1"}}
            there.bodies["members-filtered"] = {"Members": [member("node1", role="manager")]}
            there.records = [
                {"Event": "user", "LTime": 7, "Name": "deploy", "Payload": b"{}"},
                {"Event": "query", "LTime": 8, "ID": 3, "Name": "load", "Payload": b""},
            ]
            dispatcher = Dispatcher(node.root, node.settings, Own(Serf(there.rpc, "")))
            follower = Follower(lambda: Serf(there.rpc, ""), dispatcher)
            threading.Thread(target=follower.follow, daemon=True).start()
            until(lambda: "respond" in there.commands() and node.out.exists())
            assert there.request("respond") == {"ID": 3, "Payload": "42"}
            until(lambda: node.out.read_text() == "{}")

    def test_serf_is_away(self, node: Node, caplog: pytest.LogCaptureFixture) -> None:
        slept: list[float] = []
        follower = Follower(lambda: Serf("127.0.0.1:1", ""), node.dispatcher, slept.append)
        follower.follow()
        follower.follow()
        assert len(slept) == 2
        assert caplog.text.count("does not answer") == 1

    def test_this_node_while_serf_is_away(self) -> None:
        with serving() as there:
            there.bodies["stats"] = {"agent": {"name": "node1"}}
            there.bodies["members-filtered"] = {"Members": [member("node1", role="manager")]}
            own = Own(Serf(there.rpc, ""))
            assert own().tags == {"role": "manager"}
            there.errors["members-filtered"] = "gone"
            assert own().tags == {"role": "manager"}


def test_as_a_process_it_waits_for_serf_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "arpanet.agent.handlers", "--rpc", "127.0.0.1:1", "--directory", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(MODULE_UTILS), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        assert "does not answer" in process.stderr.readline()
        process.terminate()
        assert process.wait(10) == 0
