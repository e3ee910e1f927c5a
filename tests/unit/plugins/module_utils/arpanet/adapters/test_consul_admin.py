"""Against a server that answers from a table; tests/integration has a real Consul."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import (
    Admin,
    AdminError,
    Refused,
    until,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_tokens import Step


@dataclass
class Server:
    answers: dict[str, Any]
    url: str = ""
    asked: list[tuple[str, str, str | None, Any]] = field(default_factory=list)


@contextmanager
def serving(answers: dict[str, Any]) -> Iterator[Server]:
    server = Server(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            server.asked.append((self.command, self.path, self.headers.get("X-Consul-Token"), body))
            found = server.answers.get(self.path, (404, ""))
            status, value = found if isinstance(found, tuple) else (200, found)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(
                (value if isinstance(found, tuple) and isinstance(value, str) else json.dumps(value)).encode()
            )

        do_GET = do_PUT = answer

        def log_message(self, *_arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def test_the_token_goes_along_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "management"
    with serving({"/v1/status/leader": "10.0.0.1:8300"}) as server:
        admin = Admin(server.url, str(file))
        assert admin.leader() == "10.0.0.1:8300"
        file.write_text("s3cret\n")
        admin.leader()
    assert [token for _, _, token, _ in server.asked] == [None, "s3cret"]


def server(name: str, healthy: bool = True, voter: bool = True) -> dict[str, Any]:
    return {"Name": name, "Healthy": healthy, "Voter": voter}


@pytest.mark.parametrize(
    ("answer", "ailing"),
    [
        ({"Servers": [server("n1"), server("n2")]}, []),
        # One that nobody waits for is down, and the whole is not healthy for that.
        ((429, {"Servers": [server("n1"), server("n2"), server("n3", healthy=False)]}), []),
        ((429, {"Servers": [server("n1"), server("n2", healthy=False)]}), ["n2"]),
        # It has just come, and does not vote yet.
        ((429, {"Servers": [server("n1"), server("n2", healthy=False, voter=False)]}), []),
        # A leader that was just elected.
        ((429, {"Servers": None}), ["n1", "n2"]),
        ((404, ""), ["n1", "n2"]),
    ],
)
def test_servers_that_are_not_well(answer: Any, ailing: list[str]) -> None:
    with serving({"/v1/operator/autopilot/health": answer}) as there:
        assert Admin(there.url).ailing(["n1", "n2"]) == ailing


def test_who_votes_and_is_well() -> None:
    health = {"Servers": [server("n1"), server("n2", healthy=False), server("n3", voter=False)]}
    with serving({"/v1/operator/autopilot/health": (429, health)}) as there:
        assert Admin(there.url).voters() == {"n1": True, "n2": False}


def test_only_our_policies_are_read_and_no_secret_comes_back() -> None:
    policies = [{"ID": "1", "Name": "arpanet-agent"}, {"ID": "2", "Name": "global-management"}]
    answers = {
        "/v1/acl/policies": policies,
        "/v1/acl/policy/1": {"ID": "1", "Name": "arpanet-agent", "Rules": "x"},
        "/v1/acl/tokens": [{"AccessorID": "a", "SecretID": "s3cret", "Policies": None}],
    }
    with serving(answers) as server:
        admin = Admin(server.url)
        assert [policy["Rules"] for policy in admin.policies()] == ["x"]
        assert admin.tokens() == [{"AccessorID": "a", "Policies": None}]


def test_steps() -> None:
    with serving({"/v1/acl/policy": {}, "/v1/acl/token/a": {}}) as server:
        admin = Admin(server.url)
        admin.apply(Step("policy", "arpanet-x", {"Name": "arpanet-x"}))
        admin.apply(Step("token", "arpanet-x", {"AccessorID": "a"}, "a"))
    assert [(verb, path, body) for verb, path, _, body in server.asked] == [
        ("PUT", "/v1/acl/policy", {"Name": "arpanet-x"}),
        ("PUT", "/v1/acl/token/a", {"AccessorID": "a"}),
    ]


def test_a_refusal_says_what_was_asked_and_why() -> None:
    with serving({"/v1/acl/tokens": (403, "Permission denied\n")}) as server:
        with pytest.raises(Refused, match=r"said to GET /v1/acl/tokens: 403 Permission denied$") as error:
            Admin(server.url).tokens()
        assert error.value.status == 403


def test_nobody_listens() -> None:
    with pytest.raises(AdminError, match=r"Consul at http://127.0.0.1:1 does not answer \(.*Connection refused\)"):
        Admin("http://127.0.0.1:1").leader()


def test_until() -> None:
    answers = iter([False, AdminError("not yet"), True])

    def ready() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    until(ready, 5, "x")
    with pytest.raises(AdminError, match=r"^no leader within 0 seconds: not yet$"):
        until(lambda: (_ for _ in ()).throw(AdminError("not yet")), 0, "no leader")
    with pytest.raises(AdminError, match=r"^no leader within 0 seconds$"):
        until(lambda: False, 0, "no leader")
