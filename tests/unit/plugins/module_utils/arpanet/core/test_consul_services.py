from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_services import (
    META_CHECKS,
    ServiceError,
    check,
    plan,
    wanted,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration


def test_defaults() -> None:
    assert wanted("ledger") == Registration("ledger", "ledger")


def test_everything() -> None:
    found = wanted("ledger", "ledger-1", "10.0.8.20", 5432, ["b", "a"], {"zone": 3, "a": "x"})
    assert found == Registration(
        "ledger-1",
        "ledger",
        address="10.0.8.20",
        port=5432,
        # Tags in the order that the user gave: Consul keeps it.
        tags=("b", "a"),
        meta=(("a", "x"), ("zone", "3")),
    )


def test_an_external_service_needs_an_address() -> None:
    with pytest.raises(ServiceError, match="service ledger on node db needs an address"):
        wanted("ledger", node="db")
    assert wanted("ledger", address="10.0.8.20", node="db").address == "10.0.8.20"


def test_other_checks_are_another_service() -> None:
    digests = {
        dict(wanted("x", checks=checks).meta).get(META_CHECKS)
        for checks in ([], [{"ttl": "5s"}], [{"ttl": "6s"}], [{"ttl": "5s"}, {"ttl": "6s"}])
    }
    assert len(digests) == 4
    assert wanted("x", checks=[{"ttl": "5s"}]) == wanted("x", checks=[{"ttl": "5s"}])


@pytest.mark.parametrize(
    ("actual", "asked", "changed"),
    [
        (None, wanted("x"), True),
        (wanted("x"), wanted("x"), False),
        (wanted("x"), None, True),
        (None, None, False),
        (wanted("x"), wanted("x", port=1), True),
        (wanted("x"), wanted("x", tags=["a"]), True),
        (wanted("x"), wanted("x", address="10.0.0.1"), True),
        # Its checks fail, which is no reason to register it again.
        (Registration("x", "x", trouble="critical"), wanted("x"), False),
    ],
)
def test_plan(actual: Registration | None, asked: Registration | None, changed: bool) -> None:
    assert plan(asked, actual).changed is changed


def test_the_diff_is_the_plan() -> None:
    assert plan(wanted("x", port=2), wanted("x", port=1)).as_diff() == {
        "before": {"id": "x", "name": "x", "address": "", "port": 1, "tags": [], "meta": {}},
        "after": {"id": "x", "name": "x", "address": "", "port": 2, "tags": [], "meta": {}},
    }
    assert plan(None, None).as_diff() == {"before": {}, "after": {}}


@pytest.mark.parametrize("asked", [None, wanted("1.pricing.abc")])
def test_instances_are_their_agents(asked: Registration | None) -> None:
    meta = (("arpanet-container", "4f0a1b2c3d4e5"), ("arpanet-deployment", "abc"))
    actual = Registration("1.pricing.abc", "pricing.abc", meta=meta)
    with pytest.raises(ServiceError, match="agent for container 4f0a1b2c3d4e:"):
        plan(asked, actual)


@pytest.mark.parametrize(
    ("asked", "definition"),
    [
        ({"ttl": "30s"}, {"ttl": "30s"}),
        (
            {"name": "alive", "http": "http://127.0.0.1/", "tcp": None, "interval": "10s", "timeout": "2s"},
            {"name": "alive", "http": "http://127.0.0.1/", "interval": "10s", "timeout": "2s"},
        ),
        (
            {"tcp": "127.0.0.1:5432", "interval": "10s", "status": "passing"},
            {"tcp": "127.0.0.1:5432", "interval": "10s", "status": "passing"},
        ),
    ],
)
def test_checks(asked: dict[str, Any], definition: dict[str, Any]) -> None:
    assert check("x", asked) == definition


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "service x: a check has nothing to check: give one of http, tcp, ttl"),
        ({"ttl": "5s", "tcp": "127.0.0.1:1"}, "service x: a check has tcp and ttl"),
        ({"tcp": "127.0.0.1:1"}, "service x: the check of 127.0.0.1:1 needs an interval"),
    ],
)
def test_checks_that_cannot_be(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        check("x", asked)
