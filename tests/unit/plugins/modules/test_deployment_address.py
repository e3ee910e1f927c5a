from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import consul as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from fakes.consul import FakeConsul

Run = Callable[..., dict[str, Any]]
NAME = "deployment_address"


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> FakeConsul:
    consul = FakeConsul()
    monkeypatch.setattr(adapter, "Consul", lambda *_options: consul)
    return consul


@pytest.fixture
def subnet(run: Run, consul: FakeConsul) -> IPv4Network:
    return IPv4Network(run("deployment_subnet", {"deployment": "abc"})["subnets"]["default"])


def asked(**options: Any) -> dict[str, Any]:
    return {"deployment": "abc", "owner": "vm", **options}


def test_leased_once_and_given_back(run: Run, subnet: IPv4Network) -> None:
    leased = run(NAME, asked(service="db"))
    assert (leased["changed"], leased["address"], leased["service"]) == (True, str(subnet[2]), "db")
    assert leased["diff"] == {"before": {}, "after": {"owner": "vm", "address": str(subnet[2]), "service": "db"}}
    again = run(NAME, asked())
    assert (again["changed"], again["address"], again["service"]) == (False, str(subnet[2]), "db")
    gone = run(NAME, asked(state="absent"))
    assert (gone["changed"], gone["address"], gone["diff"]["after"]) == (True, "", {})
    assert not run(NAME, asked(state="absent"))["changed"]


def test_check_mode_writes_nothing(run: Run, consul: FakeConsul, subnet: IPv4Network) -> None:
    before = dict(consul.entries)
    planned = run(NAME, asked(), check=True)
    assert (planned["changed"], planned["address"]) == (True, str(subnet[2]))
    assert consul.entries == before
    run(NAME, asked())
    assert run(NAME, asked(state="absent"), check=True)["changed"]
    assert not run(NAME, asked())["changed"]


def test_this_very_address(run: Run, subnet: IPv4Network) -> None:
    run(NAME, asked())
    moved = run(NAME, asked(address=str(subnet[9])))
    assert (moved["changed"], moved["address"]) == (True, str(subnet[9]))
    assert f"{subnet[9]} is taken by vm" in run(NAME, asked(owner="printer", address=str(subnet[9])))["msg"]
    assert f"{subnet[40]} is not for explicit addresses" in run(NAME, asked(address=str(subnet[40])))["msg"]


def test_the_newest_subnet_of_a_network_that_moves(run: Run, consul: FakeConsul, subnet: IPv4Network) -> None:
    run(NAME, asked())
    consul.put(names.subnet_owner_key("abc/default.g2"), {"subnet": "10.40.0.0/24"})
    assert run(NAME, asked())["address"] == "10.40.0.2"
    assert run(NAME, asked(state="absent"))["diff"]["before"]["address"] == "10.40.0.2"
    assert consul.keys(names.DEPLOYMENTS_PREFIX) == set()


def test_without_a_subnet(run: Run, consul: FakeConsul) -> None:
    assert "has no subnet: deploy it first" in run(NAME, asked())["msg"]
    assert not run(NAME, asked(state="absent"))["changed"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"deployment": "No!"}, "DNS label"),
        ({"owner": "a/b"}, "owner 'a/b'"),
        ({"address": "here"}, "'here' is not an IPv4 address"),
        ({"address": "fd00::2"}, "is not an IPv4 address"),
    ],
)
def test_what_cannot_be(run: Run, subnet: IPv4Network, options: dict[str, Any], says: str) -> None:
    result = run(NAME, asked(**options))
    assert result["failed"]
    assert says in result["msg"]
