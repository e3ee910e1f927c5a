"""The adapter against an engine that answers from a script, on a real unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import (
    Swarm,
    SwarmError,
    local,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Local, NodeChange, Settings


class Engine:
    """Answers by `METHOD path`, in order where an answer is a list, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.sent: list[tuple[str, Any]] = []

    def answer(self, request: str, body: Any) -> tuple[int, Any]:
        self.sent.append((request, body))
        found = self.answers.get(request.partition("?")[0], (404, {"message": "page not found"}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, tuple) else (200, found)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[Engine, Swarm]]:
    scripted = Engine()

    class Handler(BaseHTTPRequestHandler):
        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: Any) -> None:
            pass

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, value = scripted.answer(f"{self.command} {self.path}", body)
            data = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            # Who is told that there is nothing more has gone.
            if data:
                self.wfile.write(data)

        do_GET = do_POST = do_DELETE = handle_any

    path = tmp_path / "engine.sock"
    server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield scripted, Swarm(str(path), timeout=5)
    server.shutdown()
    server.server_close()


def info(state: str, **rest: Any) -> dict[str, Any]:
    return {"Swarm": {"LocalNodeState": state, **rest}}


MANAGER = {"Reachability": "reachable", "Leader": True}


def node(role: str, state: str = "ready", labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "ID": "n1",
        "Version": {"Index": 7},
        "Spec": {"Role": role, "Availability": "drain", "Labels": labels},
        "Description": {"Hostname": "h1"},
        "Status": {"State": state},
        "ManagerStatus": MANAGER,
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, Local("inactive")),
        (info("inactive", NodeID=""), Local("inactive")),
        (
            info("active", NodeID="n1", ControlAvailable=True, Cluster={"ID": "c1"}),
            Local("active", "n1", "c1", manager=True),
        ),
        (info("active", NodeID="n1", Cluster=None), Local("active", "n1")),
        (info("error", Error="lost"), Local("error", error="lost")),
    ],
)
def test_local(answer: dict[str, Any], expected: Local) -> None:
    assert local(answer) == expected


def test_members(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["GET /nodes"] = [[node("manager", labels=None), {**node("manager"), "ManagerStatus": None}]]
    member, left_behind = swarm.members()
    assert (member.in_raft, left_behind.in_raft) == (True, False)
    assert (
        member.hostname,
        member.role,
        member.availability,
        member.reachable,
        member.leader,
        member.labels,
    ) == (
        "h1",
        "manager",
        "drain",
        True,
        True,
        {},
    )


def test_join_names_every_manager(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["POST /swarm/join"] = (200, None)
    swarm.join("10.0.0.9", ["10.0.0.1", "10.0.0.2"], "token")
    request, body = scripted.sent[0]
    assert request == "POST /swarm/join"
    assert body["RemoteAddrs"] == ["10.0.0.1:2377", "10.0.0.2:2377"]
    assert (body["AdvertiseAddr"], body["DataPathAddr"]) == ("10.0.0.9:2377", "10.0.0.9")


def test_update_keeps_what_is_not_named(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["GET /nodes/n1"] = node("worker", labels={"by": "hand"})
    scripted.answers["POST /nodes/n1/update"] = (200, None)
    swarm.apply(NodeChange("update", "n1", "h1", {}, {"role": "manager", "labels": {"disk": "ssd"}}))
    (request, body), *_ = (sent for sent in scripted.sent if sent[0].startswith("POST"))
    assert request == "POST /nodes/n1/update?version=7"
    assert body == {"Role": "manager", "Availability": "drain", "Labels": {"by": "hand", "disk": "ssd"}}


def test_a_demotion_waits_for_the_promotion_before_it(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    half, whole, worker = ({**node("manager"), "ManagerStatus": status} for status in ({}, MANAGER, None))
    scripted.answers["GET /nodes/n1"] = [half, whole, whole, worker]
    scripted.answers["POST /nodes/n1/update"] = (200, None)
    swarm.apply(NodeChange("update", "n1", "h1", {}, {"role": "worker"}))
    asked = [request.partition(" ")[0] for request, _ in scripted.sent]
    assert asked == ["GET", "GET", "POST", "GET", "GET"]


def test_a_dead_manager_is_demoted_before_it_is_removed(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["GET /nodes/n1"] = node("manager", "down")
    scripted.answers["POST /nodes/n1/update"] = (200, None)
    scripted.answers["DELETE /nodes/n1"] = [(400, {"message": "is a manager"}), (200, None)]
    swarm.apply(NodeChange("remove", "n1", "h1", {}, {}))
    assert [request.partition("?")[0] for request, _ in scripted.sent] == [
        "GET /nodes/n1",
        "POST /nodes/n1/update",
        "DELETE /nodes/n1",
        "DELETE /nodes/n1",
    ]


@pytest.mark.parametrize("state", ["ready", "down", "gone"])
def test_the_entry_of_a_node_is_forgotten_unless_it_lives(engine: tuple[Engine, Swarm], state: str) -> None:
    scripted, swarm = engine
    if state != "gone":
        scripted.answers["GET /nodes/n1"] = {**node("worker"), "Status": {"State": state}}
    scripted.answers["DELETE /nodes/n1"] = None
    if state == "ready":
        with pytest.raises(SwarmError, match="n1 is ready: nothing of it is removed"):
            swarm.forget("n1")
    else:
        swarm.forget("n1")
    requests = [request.partition("?")[0] for request, _ in scripted.sent]
    assert ("DELETE /nodes/n1" in requests) == (state == "down")


def test_an_engine_that_does_not_answer_forgets_nobody(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["GET /nodes/n1"] = (503, {"message": "no leader"})
    with pytest.raises(SwarmError, match="no leader"):
        swarm.forget("n1")
    assert [request for request, _ in scripted.sent] == ["GET /nodes/n1"]


def test_wait_until_a_manager_is_reachable(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    active = info("active", NodeID="n1", ControlAvailable=True, Cluster={"ID": "c1"})
    scripted.answers["GET /info"] = [info("pending"), active]
    scripted.answers["GET /nodes"] = [(500, {"message": "no leader"}), (200, [node("manager")])]
    assert swarm.wait(10, manager=True).cluster_id == "c1"


def test_wait_gives_up_with_the_reason(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["GET /info"] = info("error", Error="certificate expired")
    with pytest.raises(SwarmError, match="certificate expired"):
        swarm.wait(0, manager=False)


def test_errors_say_what_was_tried(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["POST /swarm/leave"] = (503, {"message": "not part of a swarm"})
    with pytest.raises(SwarmError, match="POST /swarm/leave: not part of a swarm") as caught:
        swarm.leave()
    assert caught.value.status == 503


def test_no_engine(tmp_path: Path) -> None:
    with pytest.raises(SwarmError, match="no Docker engine answers"):
        Swarm(str(tmp_path / "none")).info()


SPEC = {"CAConfig": {"NodeCertExpiry": 90 * 24 * 3600 * 10**9}, "EncryptionConfig": {"AutoLockManagers": False}}


def test_settings_are_read_and_set_beside_all_others(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    scripted.answers["GET /swarm"] = {"Version": {"Index": 7}, "Spec": {"Name": "default", **SPEC}}
    scripted.answers["POST /swarm/update"] = None
    assert swarm.settings() == Settings(autolock=False, certificate_days=90)
    swarm.settle(Settings(autolock=True, certificate_days=30))
    request, body = scripted.sent[-1]
    assert request == "POST /swarm/update?version=7"
    assert body["Name"] == "default" and body["EncryptionConfig"] == {"AutoLockManagers": True}
    assert body["CAConfig"] == {"NodeCertExpiry": 30 * 24 * 3600 * 10**9}


def test_a_locked_manager_is_unlocked_once(engine: tuple[Engine, Swarm]) -> None:
    scripted, swarm = engine
    locked = {"Swarm": {"LocalNodeState": "locked"}}
    active = {"Swarm": {"LocalNodeState": "active", "NodeID": "one"}}
    scripted.answers |= {"GET /info": [locked, locked, active], "POST /swarm/unlock": None}
    assert swarm.wait(5, manager=False, key="SWMKEY-1").state == "active"
    assert [body for request, body in scripted.sent if request == "POST /swarm/unlock"] == [{"UnlockKey": "SWMKEY-1"}]
