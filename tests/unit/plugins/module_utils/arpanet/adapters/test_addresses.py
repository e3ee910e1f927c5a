"""The store on Consul's semantics in memory; tests/integration has it on a real one."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.addresses import (
    AddressStore,
    networks_of,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Op
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import addresses, leases, names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.addresses import Address
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    Request,
    SubnetError,
    parse_pool,
)
from fakes.consul import FakeConsul, Killed

POOL = parse_pool("default", "10.32.0.0/26")
SUBNET = IPv4Network("10.32.0.0/26")


@pytest.fixture
def consul() -> FakeConsul:
    consul = FakeConsul()
    SubnetStore(consul, POOL).allocate(Request("abc/default", 26))
    return consul


def store(consul: FakeConsul, network: str = "default") -> AddressStore:
    return AddressStore(consul, "abc", network)


def address(last: int, owner: str, service: str = "") -> Address:
    return Address(IPv4Address(f"10.32.0.{last}"), owner, service or owner)


def lease(consul: FakeConsul, last: int) -> dict[str, Any]:
    return consul.get(names.lease_key("abc", f"10.32.0.{last}")).value


def agrees(consul: FakeConsul) -> None:
    """The addresses and their leases say the same."""
    prefix = names.leases_prefix("abc")
    leased = {key.removeprefix(prefix): entry.value.get("owner") for key, entry in consul.list(prefix).items()}
    assert leased == {str(one.address): one.owner for one in store(consul).all().values()}


def test_an_owner_gets_the_first_free_one_and_keeps_it(consul: FakeConsul) -> None:
    assert store(consul).present("vm", "db", None).after == address(2, "vm", "db")
    assert store(consul).present("printer", None, None).after == address(3, "printer")
    assert lease(consul, 2) == {"deployment": "abc", "network": "abc_default", "owner": "vm", "service": "db"}
    commits = len(consul.commits)
    again = store(consul).present("vm", None, None)
    assert (again.before, again.after, again.ops) == (address(2, "vm", "db"), address(2, "vm", "db"), ())
    assert len(consul.commits) == commits
    agrees(consul)


def test_another_service_or_address(consul: FakeConsul) -> None:
    store(consul).present("vm", "db", None)
    assert store(consul).present("vm", "cache", None).after == address(2, "vm", "cache")
    moved = store(consul).present("vm", None, IPv4Address("10.32.0.9"))
    assert (moved.before, moved.after) == (address(2, "vm", "cache"), address(9, "vm", "cache"))
    assert lease(consul, 2) == {}
    agrees(consul)


def test_an_address_of_somebody_else_is_refused_by_name(consul: FakeConsul) -> None:
    store(consul).present("vm", None, None)
    with pytest.raises(SubnetError, match=r"printer in network default of deployment abc: 10.32.0.2 is taken by vm"):
        store(consul).present("printer", None, IPv4Address("10.32.0.2"))
    consul.put(names.lease_key("abc", "10.32.0.3"), {"instance": "1.web.abc", "container": "c1", "node": "node1"})
    with pytest.raises(SubnetError, match=r"10.32.0.3 is taken by 1.web.abc"):
        store(consul).present("printer", None, IPv4Address("10.32.0.3"))
    assert store(consul).present("printer", None, None).after == address(4, "printer")


def test_a_check_writes_nothing(consul: FakeConsul) -> None:
    before = dict(consul.entries)
    assert store(consul).present("vm", None, None, check=True).after == address(2, "vm")
    assert store(consul).absent("vm", check=True).ops == ()
    assert consul.entries == before


def test_giving_back(consul: FakeConsul) -> None:
    store(consul).present("vm", None, None)
    store(consul).present("printer", None, None)
    gone = store(consul).absent("vm")
    assert (gone.before, gone.after) == (address(2, "vm"), None)
    agrees(consul)
    assert store(consul).absent("vm").ops == ()
    store(consul).absent("printer")
    assert consul.keys(names.DEPLOYMENTS_PREFIX) == set()


def test_a_lease_that_somebody_deleted_comes_back(consul: FakeConsul) -> None:
    store(consul).present("vm", None, None)
    consul.delete(names.lease_key("abc", "10.32.0.2"))
    assert store(consul).present("vm", None, None).ops
    agrees(consul)
    consul.delete(names.lease_key("abc", "10.32.0.2"))
    store(consul).absent("vm")
    assert consul.keys(names.DEPLOYMENTS_PREFIX) == set()


def test_an_address_of_a_subnet_that_the_network_no_longer_has(consul: FakeConsul) -> None:
    store(consul).present("vm", None, None)
    consul.put(names.subnet_owner_key("abc/default"), {"subnet": "10.33.0.0/26"})
    assert str(store(consul).present("vm", None, None).after.address) == "10.33.0.2"
    agrees(consul)


def test_a_network_without_a_subnet(consul: FakeConsul) -> None:
    with pytest.raises(SubnetError, match="network back of deployment abc has no subnet: deploy it first"):
        store(consul, "back").present("vm", None, None)
    assert store(consul, "back").absent("vm").ops == ()


def test_a_subnet_that_goes_first_gives_no_address(consul: FakeConsul) -> None:
    def release(_ops: list[Op]) -> None:
        consul.before_commit = lambda _: None
        SubnetStore(consul, POOL).release("abc/default")

    consul.before_commit = release
    with pytest.raises(SubnetError, match="has no subnet"):
        store(consul).present("vm", None, None)
    assert consul.keys(names.KV_ROOT) == set()


def test_the_name_of_an_owner_is_checked(consul: FakeConsul) -> None:
    with pytest.raises(SubnetError, match="owner 'a/b'"):
        store(consul).present("a/b", None, None)


def test_there_are_only_so_many(consul: FakeConsul, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{AddressStore.__module__}.MOST_ADDRESSES", 1)
    store(consul).present("vm", None, None)
    store(consul).present("vm", "db", None)
    with pytest.raises(SubnetError, match="has 1 explicit addresses, which is the most"):
        store(consul).present("printer", None, None)
    assert addresses.MOST_ADDRESSES * 130 < 512 * 1024  # what one key holds at most, by the longest of names


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_death_leaves_all_or_nothing(consul: FakeConsul, moment: str) -> None:
    def die(_ops: list[Op]) -> None:
        setattr(consul, moment, lambda _: None)
        raise Killed

    works: list[Callable[[], Any]] = [
        lambda: store(consul).present("vm", None, None),
        lambda: store(consul).present("vm", None, IPv4Address("10.32.0.9")),
        lambda: store(consul).absent("vm"),
    ]
    for work in works:
        setattr(consul, moment, die)
        with pytest.raises(Killed):
            work()
        agrees(consul)
        work()
        agrees(consul)


def test_no_agent_touches_such_a_lease(consul: FakeConsul) -> None:
    store(consul).present("vm", None, None)
    have = {key: (entry.value, entry.index) for key, entry in consul.list(names.DEPLOYMENTS_PREFIX).items()}
    assert leases.plan({}, have, "node1") == []
    assert leases.of_dead_nodes(have, {"node1", ""}) == []
    assert leases.holders(have) == set()


def test_a_release_takes_more_addresses_than_one_transaction_can(consul: FakeConsul) -> None:
    large = SubnetStore(consul, parse_pool("p", "10.40.0.0/22"))
    large.allocate(Request("abc/back", 22))
    for number in range(150):
        store(consul, "back").present(f"vm{number}", None, None)
    large.release("abc/back")
    assert consul.keys(names.DEPLOYMENTS_PREFIX) == set()


def test_generations_of_a_network_newest_first(consul: FakeConsul) -> None:
    for name in ("default.g10", "default.g9", "defaults", "back"):
        consul.put(names.subnet_owner_key(f"abc/{name}"), {"subnet": "10.33.0.0/26"})
    assert networks_of(consul, "abc", "default") == ["default.g10", "default.g9", "default"]
    assert networks_of(consul, "abc", "front") == []
