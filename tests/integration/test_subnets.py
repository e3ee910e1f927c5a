"""Subnets under many controllers at once, and under `kill -9` at any point."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    Request,
    SubnetError,
    parse_pool,
)
from invariants import broken_subnets, owners
from processes import dying_at_each_request, together, with_kills

CONTROLLERS = 64
SECONDS = 5.0

POOL = parse_pool("default", "10.32.0.0/15")
IN_USE = IPv4Network("10.32.64.0/20")
SIZES = [26] * 8 + [27, 28, 25, 24, 23, 22, 21, 20, 19, 18]
FREE_BLOCKS = POOL.blocks - 2  # IN_USE is two of them

# The first are allocated by many and never released, the others come and go.
LASTING, PASSING = 20, 100


def store(consul: Consul) -> SubnetStore:
    return SubnetStore(consul, POOL)


def owner(number: int) -> str:
    return f"d{number}/default"


@pytest.fixture
def consul(url: str) -> Consul:
    consul = Consul(url)
    consul.put(names.node_key("node1"), {"node": "node1", "networks": {"eth1": str(IN_USE)}})
    return consul


def nothing_wrong(consul: Consul) -> None:
    assert broken_subnets(consul, POOL.network, (IN_USE,)) == []


def test_what_is_wrong_is_seen(consul: Consul) -> None:
    store(consul).allocate(Request("a/x", 26))
    [(key, entry)] = consul.list(names.BLOCKS_PREFIX).items()
    for wrong in (
        lambda: consul.delete(key),
        lambda: consul.put(names.subnet_owner_key("b/x"), {"subnet": "10.32.64.0/26"}),
        lambda: consul.put(names.subnet_owner_key("b/x"), {"subnet": next(iter(entry.value)).replace("/26", "/27")}),
        lambda: consul.delete(names.subnet_owner_key("a/x")),
    ):
        nothing_wrong(consul)
        wrong()
        assert broken_subnets(consul, POOL.network, (IN_USE,))
        consul.delete(names.SUBNETS_PREFIX, recurse=True)
        consul.put(key, entry.value)
        consul.put(names.subnet_owner_key("a/x"), {"subnet": next(iter(entry.value))})


def test_64_controllers_at_once_get_64_subnets(url: str, consul: Consul) -> None:
    got = together(lambda number: store(Consul(url)).allocate(Request(owner(number), 26)), CONTROLLERS)
    assert len({*got}) == CONTROLLERS
    assert owners(consul) == {owner(number): subnet for number, subnet in enumerate(got)}
    nothing_wrong(consul)


def test_64_controllers_for_one_owner_get_one_subnet(url: str, consul: Consul) -> None:
    got = together(lambda number: store(Consul(url)).allocate(Request("abc/default", 20 + number % 8)), CONTROLLERS)
    assert len({*got}) == 1
    assert owners(consul) == {"abc/default": got[0]}
    nothing_wrong(consul)


def test_the_last_subnets_of_a_pool_are_shared_out_without_a_loss(url: str, consul: Consul) -> None:
    def allocate(number: int) -> bool:
        small = SubnetStore(Consul(url), parse_pool("small", "10.33.0.0/24"))
        try:
            return bool(small.allocate(Request(owner(number), 28)))
        except SubnetError as error:
            assert "256 of its 256 addresses" in str(error)
            return False

    assert sum(together(allocate, 32)) == 16
    nothing_wrong(consul)


def test_a_history_of_controllers_that_are_killed(url: str, consul: Consul, tmp_path: Path) -> None:
    seen = os.open(tmp_path / "seen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def controller(number: int) -> None:
        chance = random.Random(number)
        mine = store(Consul(url))
        while True:
            which = owner(chance.randrange(LASTING + PASSING))
            try:
                subnet = mine.allocate(Request(which, chance.choice(SIZES)))
                os.write(seen, f"{which} {subnet}\n".encode())
            except SubnetError as error:
                assert "no free" in str(error)
            if chance.random() < 0.7:
                mine.release(owner(LASTING + chance.randrange(PASSING)))

    killed = with_kills(controller, CONTROLLERS, SECONDS)
    os.close(seen)
    assert killed > CONTROLLERS
    nothing_wrong(consul)

    held = owners(consul)
    told: dict[str, set[str]] = {}
    for line in (tmp_path / "seen").read_text().splitlines():
        which, subnet = line.split()
        told.setdefault(which, set()).add(subnet)
    assert {which for which in told if len(told[which]) > 1} <= {owner(LASTING + n) for n in range(PASSING)}
    for which in map(owner, range(LASTING)):
        assert told.get(which, {str(held.get(which))}) == {str(held.get(which))}

    for which in held:
        store(consul).release(which)
    assert consul.list(names.SUBNETS_PREFIX) == {}
    for number in range(FREE_BLOCKS):
        store(consul).allocate(Request(owner(number), 21))
    with pytest.raises(SubnetError, match="nothing is free"):
        store(consul).allocate(Request("more/default", 29))
    nothing_wrong(consul)


def allocating(prefix: int) -> Callable[[Consul], None]:
    return lambda consul: print(store(consul).allocate(Request("abc/default", prefix)))


@pytest.mark.parametrize("prefix", [26, 21, 17])
def test_a_controller_that_dies_while_it_allocates(url: str, consul: Consul, prefix: int) -> None:
    store(consul).allocate(Request("other/default", 26))
    points = 0
    for _ in dying_at_each_request(url, allocating(prefix)):
        nothing_wrong(consul)
        points += 1
    assert points >= 4  # before and after one read and one transaction
    nothing_wrong(consul)
    assert owners(consul).keys() == {"abc/default", "other/default"}


@pytest.mark.parametrize("prefix", [26, 21, 17])
def test_a_controller_that_dies_while_it_releases(url: str, consul: Consul, prefix: int) -> None:
    mine = store(consul)
    mine.allocate(Request("other/default", 26))
    points = 0
    mine.allocate(Request("abc/default", prefix))
    for _ in dying_at_each_request(url, lambda consul: print(store(consul).release("abc/default"))):
        nothing_wrong(consul)
        points += 1
    assert points >= 4
    nothing_wrong(consul)
    assert owners(consul).keys() == {"other/default"}


def test_a_deployment_that_exists_again_keeps_its_subnet(consul: Consul) -> None:
    mine = store(consul)
    subnet = mine.allocate(Request("abc/default", 26))
    consul.put(names.deployment_key("abc"), {"deployment": "abc", "networks": {"default": str(subnet)}})
    with pytest.raises(SubnetError, match=r"remove\.yml -e deployment=abc"):
        mine.release("abc/default")
    assert mine.owned("abc") == {"default": subnet}


def test_a_deploy_between_look_and_release_keeps_the_subnet(url: str, consul: Consul) -> None:
    subnet = store(consul).allocate(Request("abc/default", 26))
    late = Consul(url)
    commit = late.commit

    def deployed_meanwhile(ops: object) -> bool:
        consul.put(names.deployment_key("abc"), {"deployment": "abc", "networks": {"default": str(subnet)}})
        return commit(ops)

    late.commit = deployed_meanwhile
    with pytest.raises(SubnetError, match="deployed again"):
        store(late).release("abc/default")
    assert store(consul).owned("abc") == {"default": subnet}
    nothing_wrong(consul)


def test_a_network_that_the_deployment_no_longer_has_is_given_back(consul: Consul) -> None:
    mine = store(consul)
    mine.allocate(Request("abc/back", 26))
    consul.put(names.deployment_key("abc"), {"deployment": "abc", "networks": {"default": "10.32.0.0/26"}})
    assert mine.release("abc/back") is not None
    assert mine.owned("abc") == {}


def test_a_late_release_takes_nothing_from_the_next_owner(url: str, consul: Consul) -> None:
    only = parse_pool("only", "10.33.0.0/26")
    subnet = SubnetStore(consul, only).allocate(Request("abc/default", 26))
    late = Consul(url)
    snapshot = late.snapshot

    def released_and_allocated_meanwhile(keys: object) -> object:
        late.snapshot = snapshot
        SubnetStore(consul, only).release("abc/default")
        assert SubnetStore(consul, only).allocate(Request("xyz/default", 26)) == subnet
        return snapshot(keys)

    late.snapshot = released_and_allocated_meanwhile
    SubnetStore(late, only).release("abc/default")
    assert owners(consul) == {"xyz/default": subnet}
    nothing_wrong(consul)
