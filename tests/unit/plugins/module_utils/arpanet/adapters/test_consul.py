"""The client of Consul, by what it sends and how it reads the answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul, ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration
from requests.adapters import BaseAdapter

REGISTRATION = Registration(
    id="1.pricing.abc.dns",
    name="abc",
    address="10.32.0.5",
    port=80,
    tags=("1.pricing", "pricing"),
    meta=(("arpanet-container", "c1"), ("arpanet-deployment", "abc")),
)

# As Consul 1.8 and 1.22 answer, without what nobody reads.
SERVICE = {
    "ID": "1.pricing.abc.dns",
    "Service": "abc",
    "Tags": ["1.pricing", "pricing"],
    "Meta": {"arpanet-deployment": "abc", "arpanet-container": "c1"},
    "Port": 80,
    "Address": "10.32.0.5",
    "Weights": {"Passing": 1, "Warning": 1},
    "EnableTagOverride": False,
}


class Script(BaseAdapter):
    """Answers by path, and remembers what was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(request)
        answer = self.answers[request.path_url.split("?")[0]]
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        response = requests.Response()
        response.status_code = status
        response._content = (body if isinstance(body, str) else json.dumps(body)).encode()
        response.headers["X-Consul-Index"] = "7"
        response.request = request
        response.url = request.url or ""
        return response

    def close(self) -> None:
        pass

    def body(self) -> Any:
        return json.loads(self.asked[-1].body or "null")


def scripted(answers: dict[str, Any], token: str | None = None) -> tuple[Consul, Script]:
    consul, script = Consul(token=token), Script(answers)
    consul.api.http.session.mount("http://", script)
    return consul, script


def test_a_registration_that_passes_has_no_check_and_takes_one_request() -> None:
    consul, script = scripted({"/v1/agent/service/register": ""})
    consul.register(REGISTRATION)
    (asked,) = script.asked
    assert asked.path_url == "/v1/agent/service/register?replace-existing-checks=true"
    assert script.body() == {
        "id": "1.pricing.abc.dns",
        "name": "abc",
        "address": "10.32.0.5",
        "port": 80,
        "tags": ["1.pricing", "pricing"],
        "meta": {"arpanet-container": "c1", "arpanet-deployment": "abc"},
    }


def test_trouble_is_a_critical_check_in_the_same_request() -> None:
    consul, script = scripted({"/v1/agent/service/register": ""})
    consul.register(Registration("x", "x", trouble="unhealthy"))
    assert len(script.asked) == 1
    assert script.body()["checks"] == [{"name": "Docker", "notes": "unhealthy", "ttl": "24h", "status": "critical"}]


def test_checks_of_the_callers_own() -> None:
    consul, script = scripted({"/v1/agent/service/register": ""})
    consul.register(Registration("x", "x"), [{"tcp": "10.0.0.1:80"}, {"ttl": "5s"}])
    assert script.body()["checks"] == [{"tcp": "10.0.0.1:80"}, {"ttl": "5s"}]


def test_registrations_with_their_trouble() -> None:
    checks = {
        "service:1.pricing.abc.dns": {"ServiceID": SERVICE["ID"], "Status": "critical", "Notes": "starting"},
        "service:other": {"ServiceID": "other", "Status": "critical", "Notes": ""},
        "service:fine": {"ServiceID": "fine", "Status": "passing", "Notes": "well"},
        "disk": {"ServiceID": "", "Status": "critical", "Notes": "the node's own"},
    }
    plain = {"Service": "s", "Tags": None, "Meta": None, "Port": 0, "Address": ""}
    services = {
        str(SERVICE["ID"]): SERVICE,
        "other": {**plain, "ID": "other"},
        "fine": {**plain, "ID": "fine"},
    }
    consul, _ = scripted({"/v1/agent/services": services, "/v1/agent/checks": checks})
    found = {one.id: one for one in consul.registrations()}
    assert found["other"] == Registration("other", "s", trouble="critical")
    assert found["fine"] == Registration("fine", "s")
    dns = found["1.pricing.abc.dns"]
    assert (dns.trouble, dns.tags, dns.container) == ("starting", ("1.pricing", "pricing"), "c1")
    # What is read equals what was written, so that nothing is written twice.
    assert Registration(**{**vars(dns), "trouble": ""}) == REGISTRATION


@pytest.mark.parametrize(
    "answer", ["", (404, 'Unknown service ID "x"'), (500, 'Unknown service "x"'), (404, "Unknown service ID")]
)
def test_deregistering_what_is_not_there_is_fine(answer: Any) -> None:
    consul, _ = scripted({"/v1/agent/service/deregister/x": answer})
    consul.deregister("x")


def test_other_refusals_are_errors() -> None:
    consul, _ = scripted({"/v1/agent/service/deregister/x": (403, "Permission denied")})
    with pytest.raises(ConsulError, match=r"deregistering x: Consul at http://127.0.0.1:8500 said: Permission"):
        consul.deregister("x")


def test_nodes_and_who_of_them_is_dead() -> None:
    consul, _ = scripted(
        {
            "/v1/catalog/nodes": [{"Node": "node1"}, {"Node": "node2"}, {"Node": "synthetic"}],
            "/v1/health/state/critical": [
                {"Node": "node2", "CheckID": "serfHealth"},
                {"Node": "node1", "CheckID": "service:x"},
            ],
        }
    )
    assert consul.nodes() == {"node1": True, "node2": False, "synthetic": True}


def test_sessions_and_locks() -> None:
    consul, script = scripted(
        {
            "/v1/session/create": {"ID": "s1"},
            "/v1/session/renew/s1": [{"ID": "s1"}],
            "/v1/session/renew/s2": (404, "Session id 's2' not found"),
            "/v1/kv/arpanet/leader": "true",
        }
    )
    assert consul.open_session("arpanet agent", 90) == "s1"
    assert script.body() == {"name": "arpanet agent", "lockdelay": "0s", "ttl": "90s"}
    assert consul.renew_session("s1") is True
    assert consul.renew_session("s2") is False
    assert consul.lock("arpanet/leader", {"node": "node1"}, "s1") is True
    assert script.asked[-1].path_url == "/v1/kv/arpanet/leader?acquire=s1"
    script.answers["/v1/kv/arpanet/leader"] = "false"
    assert consul.lock("arpanet/leader", {"node": "node1"}, "s1") is False


def test_external_nodes() -> None:
    consul, script = scripted(
        {
            "/v1/catalog/node/db": {
                "Node": {"Node": "db", "Address": "10.9.0.1"},
                "Services": {SERVICE["ID"]: SERVICE},
            },
            "/v1/catalog/node/empty": {"Node": {"Node": "Empty", "Address": "10.9.0.2"}, "Services": None},
            "/v1/catalog/node/fe": {"Node": {"Node": "node1", "Address": "10.9.0.3"}, "Services": None},
            "/v1/catalog/node/none": "null",
            "/v1/catalog/register": "true",
            "/v1/catalog/deregister": "true",
        }
    )
    assert consul.external("db") == ("10.9.0.1", {REGISTRATION.id: REGISTRATION})
    assert consul.external("empty") == ("10.9.0.2", {})
    assert consul.external("none") is None
    assert consul.external("fe") is None
    consul.register_external("db", "10.9.0.1", REGISTRATION)
    assert script.body()["node"] == "db"
    assert script.body()["service"]["Service"] == "abc"
    consul.deregister_external("db", "x")
    assert script.body() == {"node": "db", "serviceid": "x"}
    consul.deregister_external("db")
    assert script.body() == {"node": "db"}


def test_who_looks_after_a_nodes_services() -> None:
    consul, _ = scripted(
        {
            "/v1/health/node/node1": [{"CheckID": "serfHealth"}, {"CheckID": "service:x"}],
            "/v1/health/node/db": [],
        }
    )
    assert consul.has_agent("node1") is True
    assert consul.has_agent("db") is False


def test_the_token_is_with_every_request_and_in_no_address() -> None:
    consul, script = scripted(
        {
            "/v1/session/create": {"ID": "s1"},
            "/v1/txn": {"Errors": None},
            "/v1/agent/services": {},
            "/v1/agent/checks": {},
            "/v1/catalog/register": "true",
        },
        token="s3cret",
    )
    consul.open_session("x", 10)
    consul.commit([])
    consul.registrations()
    consul.register_external("db", "10.9.0.1", REGISTRATION)
    assert {asked.headers["X-Consul-Token"] for asked in script.asked} == {"s3cret"}
    assert not [asked for asked in script.asked if "s3cret" in asked.path_url]


def test_a_service_that_beats_is_registered_by_each_token_once() -> None:
    consul, script = scripted({"/v1/agent/service/register": "", "/v1/agent/check/pass/service:x": ""}, token="one")
    for _ in range(3):
        consul.beat("x", 90)
    asked = [request.path_url.split("?")[0].rpartition("/")[2] for request in script.asked]
    assert asked == ["register", "service:x", "service:x", "service:x"]


def test_who_stops_says_so_although_the_check_was_there() -> None:
    consul, script = scripted({"/v1/agent/service/register": "", "/v1/agent/check/fail/service:x": ""}, token="one")
    consul.beat("x", 90, "stopped")
    assert [request.path_url for request in script.asked][1:] == ["/v1/agent/check/fail/service:x?note=stopped"]


@pytest.fixture
def silence() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_consul_that_hangs_is_an_error_after_a_while(silence: int) -> None:
    consul = Consul(f"http://127.0.0.1:{silence}", timeout=0.2)
    with pytest.raises(ConsulError, match=r"listing the agent's services: .* does not answer \(ReadTimeout\)"):
        consul.registrations()
