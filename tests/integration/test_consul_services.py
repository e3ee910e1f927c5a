"""Services of a real Consul agent: what a node's agent writes, and the module for users' own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration
from ansible_collections.arpanet.cluster.plugins.modules import consul_service

Run = Callable[..., dict[str, Any]]

DNS = Registration(
    "1.pricing.abc.dns",
    "abc",
    address="10.32.0.5",
    port=80,
    tags=("1.pricing", "pricing"),
    meta=(("arpanet-container", "c1"), ("arpanet-deployment", "abc")),
)


@pytest.fixture
def consul(url: str) -> Iterator[Consul]:
    consul = Consul(url)
    yield consul
    for service in consul.registrations():
        if service.name != "consul":
            consul.deregister(service.id)


def addresses(consul: Consul, service: str, tag: str | None = None) -> list[str]:
    """Those that DNS answers, as the agent has told the server in the same moment."""
    return sorted(one["address"] for one in consul.healthy(service, tag))


def eventually(answer: Callable[[], Any], expected: Any) -> None:
    for _ in range(100):
        if answer() == expected:
            return
    assert answer() == expected


def test_a_registration_is_read_as_it_was_written(consul: Consul) -> None:
    for one in (DNS, Registration(DNS.id, "abc", trouble="unhealthy"), DNS):
        consul.register(one)
        assert [found for found in consul.registrations() if found.id == DNS.id] == [one]


def test_trouble_takes_it_out_and_its_end_brings_it_back(consul: Consul) -> None:
    consul.register(DNS)
    eventually(lambda: addresses(consul, "abc", "1.pricing"), ["10.32.0.5"])
    consul.register(Registration(**{**vars(DNS), "trouble": "unhealthy"}))
    eventually(lambda: addresses(consul, "abc", "1.pricing"), [])
    consul.register(DNS)
    eventually(lambda: addresses(consul, "abc", "pricing"), ["10.32.0.5"])
    consul.deregister(DNS.id)
    eventually(lambda: addresses(consul, "abc"), [])
    consul.deregister(DNS.id)


def test_one_session_locks_and_the_next_one_follows_at_once(consul: Consul) -> None:
    first, second = consul.open_session("first", 10), consul.open_session("second", 10)
    assert consul.lock("arpanet/leader", {"node": "node1"}, first)
    assert consul.lock("arpanet/leader", {"node": "node1"}, first)
    assert not consul.lock("arpanet/leader", {"node": "node2"}, second)
    assert consul.renew_session(first)
    consul.end_session(first)
    assert not consul.renew_session(first)
    assert consul.lock("arpanet/leader", {"node": "node2"}, second)
    consul.end_session(second)


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the module; its result."""

    def run(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        words = {"consul_url": url, "_ansible_check_mode": check_mode, "_ansible_diff": True, **options}
        with patch_module_args(words), pytest.raises(SystemExit):
            consul_service.main()
        return dict(json.loads(capsys.readouterr().out))

    return run


def thrice(run: Run, **options: Any) -> list[bool]:
    """What a run in check mode, a run and a second run say of `changed`."""
    return [run(check, **options)["changed"] for check in (True, False, False)]


CHECKS = [{"ttl": "1m", "status": "passing"}]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"id": "ledger-1", "address": "10.0.8.20", "port": 5432, "tags": ["b", "a"], "meta": {"zone": "3"}},
        {"checks": CHECKS},
        {"checks": [{"tcp": "127.0.0.1:1", "interval": "10s"}]},
        {"node": "db", "address": "10.0.8.20", "port": 5432, "tags": ["primary"]},
    ],
)
def test_there_and_gone(consul: Consul, run: Run, options: dict[str, Any]) -> None:
    assert thrice(run, name="ledger", **options) == [True, True, False]
    service_id = options.get("id", "ledger")
    result = run(name="ledger", **options)
    assert (result["service"]["id"], result["service"]["tags"]) == (service_id, options.get("tags", []))
    place = {key: value for key, value in options.items() if key in ("id", "node")}
    assert thrice(run, name="ledger", state="absent", **place) == [True, True, False]
    assert "ledger" not in {service.name for service in consul.registrations()}
    assert consul.external("db") is None


@pytest.mark.parametrize("change", [{"port": 2}, {"tags": ["a"]}, {"checks": [{"ttl": "2m"}]}, {"checks": None}])
def test_a_change_is_shown_and_made(run: Run, change: dict[str, Any]) -> None:
    before = {"name": "ledger", "port": 1, "checks": CHECKS}
    run(**before)
    planned = run(True, **{**before, **change})
    assert planned["diff"]["before"] != planned["diff"]["after"]
    assert thrice(run, **{**before, **change}) == [True, True, False]


def test_a_service_without_checks_loses_those_that_it_had(consul: Consul, run: Run) -> None:
    run(name="ledger", address="10.0.8.20", checks=[{"ttl": "1m"}])
    eventually(lambda: addresses(consul, "ledger"), [])
    run(name="ledger", address="10.0.8.20")
    eventually(lambda: addresses(consul, "ledger"), ["10.0.8.20"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "abc", "id": DNS.id}, "registered by this node's agent"),
        ({"name": "abc", "id": DNS.id, "state": "absent"}, "registered by this node's agent"),
        ({"name": "x", "node": "db"}, "needs an address"),
        ({"name": "x", "node": "db", "address": "10.0.0.1", "checks": CHECKS}, "mutually exclusive"),
        ({"name": "x", "checks": [{"tcp": "127.0.0.1:1"}]}, "needs an interval"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_refusals(consul: Consul, run: Run, options: dict[str, Any], message: str, check_mode: bool) -> None:
    consul.register(DNS)
    before = consul.registrations()
    result = run(check_mode, **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert consul.registrations() == before


def test_the_agents_own_node_is_not_external(consul: Consul, run: Run) -> None:
    result = run(name="x", node=consul.node_name(), address="10.0.0.1")
    assert "has a Consul agent" in result["msg"]


def test_a_name_that_begins_the_id_of_another_node_is_a_name(consul: Consul) -> None:
    assert consul.node_name() != "db"
    assert consul.external("db") is None
    consul.register_external("db", "10.0.8.20", Registration("ledger", "ledger", address="10.0.8.20"))
    found = consul.external("DB")
    assert found is not None
    assert (found[0], [*found[1]]) == ("10.0.8.20", ["ledger"])
    consul.deregister_external("db")
    assert consul.external("db") is None
