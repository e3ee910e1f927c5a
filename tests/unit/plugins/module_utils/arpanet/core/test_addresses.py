from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.addresses import (
    Address,
    check_owner,
    choose,
    parse,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError
from hypothesis import given
from hypothesis import strategies as st

SUBNET = IPv4Network("10.32.4.64/26")
FOR_OWNERS = [IPv4Address(f"10.32.4.{last}") for last in range(66, 80)]


def test_the_first_is_after_network_and_gateway() -> None:
    assert choose(SUBNET, []) == FOR_OWNERS[0]


@given(st.sets(st.sampled_from(FOR_OWNERS)))
def test_the_first_free_one_until_none_is_left(taken: set[IPv4Address]) -> None:
    free = [address for address in FOR_OWNERS if address not in taken]
    if free:
        assert choose(SUBNET, taken) == free[0]
        assert choose(SUBNET, taken, free[-1]) == free[-1]
    else:
        with pytest.raises(SubnetError, match=r"10.32.4.66 to 10.32.4.79 are all taken; give one back"):
            choose(SUBNET, taken)


@pytest.mark.parametrize("wanted", ["10.32.4.64", "10.32.4.65", "10.32.4.80", "10.32.4.96", "10.32.4.127", "10.9.0.1"])
def test_an_address_that_is_not_for_owners(wanted: str) -> None:
    with pytest.raises(SubnetError, match=rf"{wanted} is not for explicit .* 10.32.4.66 to 10.32.4.79"):
        choose(SUBNET, [], IPv4Address(wanted))


def test_an_address_that_is_taken() -> None:
    with pytest.raises(SubnetError, match=r"10.32.4.70 is taken"):
        choose(SUBNET, [IPv4Address("10.32.4.70")], IPv4Address("10.32.4.70"))


def test_the_smallest_subnet_with_any() -> None:
    assert str(choose(IPv4Network("10.32.4.16/28"), [])) == "10.32.4.18"
    with pytest.raises(SubnetError, match="takes a /28"):
        choose(IPv4Network("10.32.4.16/29"), [])


@pytest.mark.parametrize("owner", ["vm", "legacy-db.rack_2", "A", "9", "a" * 63])
def test_names_of_owners(owner: str) -> None:
    assert check_owner(owner) == owner


@pytest.mark.parametrize("owner", ["", "-vm", "vm.", "a/b", "a b", "a" * 64, "é"])
def test_names_that_no_owner_may_have(owner: str) -> None:
    with pytest.raises(SubnetError, match="1 to 63 letters"):
        check_owner(owner)


def test_an_address_survives_consul() -> None:
    address = Address(FOR_OWNERS[0], "vm", "db")
    assert parse("vm", address.as_value()) == address
    assert parse("vm", {"address": "10.32.4.66"}).service == "vm"
    for wrong in ({}, {"address": "here"}, {"address": None}):
        with pytest.raises(SubnetError, match="address of vm is"):
            parse("vm", wrong)
