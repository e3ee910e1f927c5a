"""Services claim the addresses that their file states among those of VMs and appliances."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.addresses import AddressStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.instance_addresses import (
    InstanceAddresses,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import Request, parse_pool
from fakes.consul import FakeConsul

NETWORKS = ["default"]


@pytest.fixture
def consul() -> FakeConsul:
    consul = FakeConsul()
    SubnetStore(consul, parse_pool("default", "10.32.0.0/20")).allocate(Request("abc/default", 26))
    return consul


@pytest.fixture
def addresses(consul: FakeConsul) -> InstanceAddresses:
    return InstanceAddresses(consul, "abc")


def first(consul: FakeConsul, place: int) -> str:
    (subnet,) = (entry.value["subnet"] for key, entry in consul.entries.items() if key.endswith("abc/default"))
    return str(IPv4Address(subnet.partition("/")[0]) + place)


def services(**stated: str) -> dict[str, Any]:
    return {
        f"abc_{name}": {
            "TaskTemplate": {
                "ContainerSpec": {
                    "Labels": {
                        names.LABEL_SERVICE: name,
                        **({names.LABEL_ADDRESSES: f"abc_default={address}"} if address else {}),
                    }
                }
            }
        }
        for name, address in stated.items()
    }


def held(consul: FakeConsul) -> dict[str, str]:
    found = AddressStore(consul, "abc", "default").all()
    return {owner: str(one.address) for owner, one in found.items()}


def test_claimed_once_and_leased(consul: FakeConsul, addresses: InstanceAddresses) -> None:
    stack = services(db=first(consul, 10), web="")
    addresses.claim(stack, NETWORKS)
    assert held(consul) == {"1.db.abc": first(consul, 10)}
    lease = consul.entries[names.lease_key("abc", first(consul, 10))].value
    assert (lease["owner"], lease["service"], lease["deployment"]) == ("1.db.abc", "db", "abc")
    written = len(consul.commits)
    addresses.claim(stack, NETWORKS)
    assert len(consul.commits) == written


@pytest.mark.parametrize("check", [True, False])
def test_somebody_elses_is_refused_by_name(consul: FakeConsul, addresses: InstanceAddresses, check: bool) -> None:
    AddressStore(consul, "abc", "default").present("legacy-db", None, IPv4Address(first(consul, 10)))
    with pytest.raises(SubnetError, match=r"address of 1\.db\.abc .* is taken by legacy-db"):
        addresses.claim(services(db=first(consul, 10)), NETWORKS, check)


def test_looking_claims_nothing(consul: FakeConsul, addresses: InstanceAddresses) -> None:
    addresses.claim(services(db=first(consul, 10)), NETWORKS, check=True)
    assert held(consul) == {}


def test_before_the_first_deploy_nobody_can_have_it(addresses: InstanceAddresses) -> None:
    other = {"abc_db": {"TaskTemplate": {"ContainerSpec": {"Labels": {
        names.LABEL_SERVICE: "db", names.LABEL_ADDRESSES: "abc_back=10.40.0.5"}}}}}  # fmt: skip
    addresses.claim(other, ["back"], check=True)


def test_what_no_service_says_any_more_goes_back_and_nothing_else(
    consul: FakeConsul, addresses: InstanceAddresses
) -> None:
    AddressStore(consul, "abc", "default").present("legacy-db", None, None)
    addresses.claim(services(db=first(consul, 10), cache=first(consul, 11)), NETWORKS)
    addresses.release_others(services(db=first(consul, 10), cache=""), NETWORKS)
    assert sorted(held(consul)) == ["1.db.abc", "legacy-db"]
    assert names.lease_key("abc", first(consul, 11)) not in consul.entries
