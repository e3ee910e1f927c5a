"""Explicit addresses under many controllers at once, and under `kill -9` at any point."""

from __future__ import annotations

import random
from ipaddress import IPv4Network

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.addresses import AddressStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    Request,
    SubnetError,
    parse_pool,
)
from invariants import broken_addresses
from processes import dying_at_each_request, together, with_kills

POOL = parse_pool("default", "10.32.0.0/15")
CONTROLLERS = 32
SECONDS = 3.0


def store(consul: Consul) -> AddressStore:
    return AddressStore(consul, "abc", "default")


@pytest.fixture
def consul(url: str) -> Consul:
    return Consul(url)


@pytest.fixture
def subnet(consul: Consul) -> IPv4Network:
    return SubnetStore(consul, POOL).allocate(Request("abc/default", 26))


def test_controllers_at_once_get_different_addresses(url: str, consul: Consul, subnet: IPv4Network) -> None:
    def lease(number: int) -> object:
        try:
            return store(Consul(url)).present(f"vm{number}", None, None).after
        except SubnetError as error:
            assert "no explicit address left" in str(error)
            return None

    got = [address for address in together(lease, CONTROLLERS) if address]
    assert len({address.address for address in got}) == len(got) == 14  # of 16, network and gateway
    assert broken_addresses(consul, "abc", "default", subnet) == []


def test_controllers_for_one_owner_get_one_address(url: str, consul: Consul, subnet: IPv4Network) -> None:
    got = together(lambda _number: store(Consul(url)).present("vm", None, None).after, CONTROLLERS)
    assert len({*got}) == 1
    assert broken_addresses(consul, "abc", "default", subnet) == []


def test_a_history_of_controllers_that_are_killed(url: str, consul: Consul, subnet: IPv4Network) -> None:
    def controller(number: int) -> None:
        chance = random.Random(number)
        mine = store(Consul(url))
        while True:
            owner = f"vm{chance.randrange(20)}"
            wanted = subnet[chance.randrange(2, 16)] if chance.random() < 0.3 else None
            try:
                if chance.random() < 0.6:
                    mine.present(owner, None, wanted)
                else:
                    mine.absent(owner)
            except SubnetError as error:
                assert "taken" in str(error)

    with_kills(controller, CONTROLLERS, SECONDS)
    assert broken_addresses(consul, "abc", "default", subnet) == []
    SubnetStore(consul, POOL).release("abc/default")
    assert consul.list(names.KV_ROOT) == {}


def test_a_controller_that_dies_while_it_moves_an_address(url: str, consul: Consul, subnet: IPv4Network) -> None:
    store(consul).present("vm", None, subnet[5])
    for _ in dying_at_each_request(url, lambda consul: print(store(consul).present("vm", "db", subnet[6]).after)):
        assert broken_addresses(consul, "abc", "default", subnet) == []
    assert broken_addresses(consul, "abc", "default", subnet) == []
    assert str(store(consul).all()["vm"].address) == str(subnet[6])


def test_a_controller_that_dies_while_it_releases_a_subnet_with_addresses(url: str, consul: Consul) -> None:
    large = SubnetStore(consul, POOL).allocate(Request("abc/default", 23))
    for number in range(80):  # more than one transaction's
        store(consul).present(f"vm{number}", None, None)
    for _ in dying_at_each_request(url, lambda consul: print(SubnetStore(consul, POOL).release("abc/default"))):
        assert broken_addresses(consul, "abc", "default", large) == []
    assert consul.list(names.KV_ROOT) == {}


def test_a_subnet_that_goes_meanwhile_gives_no_address(url: str, consul: Consul, subnet: IPv4Network) -> None:
    late = Consul(url)
    commit = late.commit

    def released_meanwhile(ops: object) -> bool:
        SubnetStore(consul, POOL).release("abc/default")
        return commit(ops)

    late.commit = released_meanwhile
    with pytest.raises(SubnetError, match="has no subnet"):
        store(late).present("vm", None, None)
    assert consul.list(names.KV_ROOT) == {}
