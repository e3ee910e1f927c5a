"""The store on Consul's semantics in memory; tests/integration has it on a real one."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import races
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Op
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    BLOCK,
    Pool,
    Request,
    SubnetError,
    parse_pool,
)
from fakes.consul import FakeConsul, Killed
from hypothesis import given
from hypothesis import strategies as st

POOL = parse_pool("default", "10.32.0.0/12")
SMALL = parse_pool("small", "10.32.0.0/18")  # eight blocks


@pytest.fixture
def consul() -> FakeConsul:
    return FakeConsul()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(races.time, "sleep", lambda _seconds: None)


def store(consul: FakeConsul, pool: Pool = POOL) -> SubnetStore:
    return SubnetStore(consul, pool)


def node(consul: FakeConsul, name: str, **networks: str) -> None:
    consul.put(names.node_key(name), {"node": name, "networks": networks})


def owners(consul: FakeConsul) -> dict[str, IPv4Network]:
    found = consul.list(names.OWNERS_PREFIX).items()
    return {key.removeprefix(names.OWNERS_PREFIX): IPv4Network(entry.value["subnet"]) for key, entry in found}


def whole(consul: FakeConsul) -> None:
    """Owners and blocks say the same, and nothing overlaps."""
    held = owners(consul)
    for one, two in pairwise(sorted(held.values())):
        assert not one.overlaps(two)
    noted = [
        (cidr, owner, names.block_of_key(key))
        for key, entry in consul.list(names.BLOCKS_PREFIX).items()
        for cidr, owner in entry.value.items()
    ]
    expected = [
        (str(subnet), owner, str(block))
        for owner, subnet in held.items()
        for block in (
            subnet.subnets(new_prefix=BLOCK) if subnet.prefixlen < BLOCK else [subnet.supernet(new_prefix=BLOCK)]
        )
    ]
    assert sorted(noted) == sorted(expected)
    assert all(entry.value for entry in consul.list(names.SUBNETS_PREFIX).values())


def test_an_owner_keeps_its_subnet_whatever_it_asks_for(consul: FakeConsul) -> None:
    subnet = store(consul).allocate(Request("abc/default", 26))
    assert subnet.prefixlen == 26
    assert store(consul).allocate(Request("abc/default", 20)) == subnet
    assert store(consul, SMALL).allocate(Request("abc/default", 26)) == subnet
    whole(consul)


def test_names_that_begin_alike_are_different_owners(consul: FakeConsul) -> None:
    given_ = {owner: store(consul).allocate(Request(owner, 26)) for owner in ("a/x", "a/xy", "a/x.g2", "ab/x")}
    assert len({*given_.values()}) == 4
    assert store(consul).owned("a") == {"x": given_["a/x"], "xy": given_["a/xy"], "x.g2": given_["a/x.g2"]}
    whole(consul)


def test_an_allocation_is_one_read_and_one_transaction(consul: FakeConsul) -> None:
    for number in range(300):
        store(consul).allocate(Request(f"d{number}/x", 26))
    reads, commits = consul.reads, len(consul.commits)
    store(consul).allocate(Request("abc/default", 26))
    assert consul.reads == reads + 1
    assert len(consul.commits) == commits + 1
    assert [op.verb for op in consul.commits[-1]] == ["set", "set"]


def test_a_plan_writes_nothing_and_promises_nothing_twice(consul: FakeConsul) -> None:
    small = store(consul, parse_pool("tiny", "192.168.0.0/24"))
    first = small.plan(Request("abc/a", 26))
    second = small.plan(Request("abc/b", 26), [first])
    assert not first.overlaps(second)
    assert consul.commits == []
    assert small.allocate(Request("abc/a", 26)) == first
    assert small.plan(Request("abc/a", 20)) == first


def test_a_release_gives_all_back(consul: FakeConsul) -> None:
    for owner, prefix in (("a/x", 26), ("b/x", 21), ("c/x", 17), ("d/x", 29)):
        store(consul).allocate(Request(owner, prefix))
    for owner in ("a/x", "b/x", "c/x", "d/x"):
        assert store(consul).release(owner) is not None
        assert store(consul).release(owner) is None
        whole(consul)
    assert consul.keys(names.KV_ROOT) == set()


def test_a_subnet_that_a_record_names_is_not_released(consul: FakeConsul) -> None:
    store(consul).allocate(Request("abc/default", 26))
    store(consul).allocate(Request("abc/back", 26))
    consul.put(names.deployment_key("abc"), {"networks": {"default": "10.32.0.0/26"}})
    with pytest.raises(SubnetError, match=r"of abc/default is in use: deployment abc exists.*remove\.yml"):
        store(consul).release("abc/default")
    assert store(consul).release("abc/back") is not None
    whole(consul)


def test_a_deploy_that_comes_first_stops_the_release(consul: FakeConsul) -> None:
    store(consul).allocate(Request("abc/default", 26))

    def deploy(_ops: list[Op]) -> None:
        consul.before_commit = lambda _: None
        consul.put(names.deployment_key("abc"), {"networks": {"default": "10.32.0.0/26"}})

    consul.before_commit = deploy
    with pytest.raises(SubnetError, match="is in use"):
        store(consul).release("abc/default")
    whole(consul)


@pytest.mark.parametrize("prefix", [26, 21, 18])
def test_who_loses_a_race_tries_again(consul: FakeConsul, prefix: int) -> None:
    def others(_ops: list[Op]) -> None:
        consul.before_commit = lambda _: None
        for number in range(200):
            store(consul).allocate(Request(f"d{number}/x", 26))

    consul.before_commit = others
    store(consul).allocate(Request("abc/default", prefix))
    whole(consul)


def test_who_always_loses_says_so_in_the_end(consul: FakeConsul) -> None:
    changes = iter(range(10_000))

    def other(_ops: list[Op]) -> None:
        consul.entries = {**consul.entries}
        consul.put(names.subnet_owner_key("abc/default"), {"subnet": "10.32.0.0/26"})
        consul.delete(names.subnet_owner_key("abc/default"))
        for key in [op.key for op in _ops if op.key.startswith(names.BLOCKS_PREFIX)]:
            consul.put(key, {f"10.47.{next(changes) % 256}.0/26": "other/x"})

    consul.before_commit = other
    with pytest.raises(SubnetError, match="abc/default: 200 times in a row another controller was faster"):
        store(consul).allocate(Request("abc/default", 26))


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
@pytest.mark.parametrize("prefix", [26, 17])
def test_a_death_leaves_all_or_nothing(consul: FakeConsul, moment: str, prefix: int) -> None:
    def die(_ops: list[Op]) -> None:
        setattr(consul, moment, lambda _: None)
        raise Killed

    works: list[Callable[[], Any]] = [
        lambda: store(consul).allocate(Request("abc/default", prefix)),
        lambda: store(consul).release("abc/default"),
    ]
    for work in works:
        setattr(consul, moment, die)
        with pytest.raises(Killed):
            work()
        whole(consul)
        work()
        whole(consul)
    assert consul.keys(names.KV_ROOT) == set()


def test_what_nodes_use_is_not_handed_out(consul: FakeConsul) -> None:
    small = parse_pool("small", "10.32.0.0/20")
    node(consul, "node1", **{"eth1 10.32.0.0/21": "10.32.0.0/21", "eth1": "192.0.2.0/24", "docker0": "172.17.0.0/16"})
    node(consul, "node2", wg0="10.32.8.0/22", default="0.0.0.0/0")
    subnet = store(consul, small).allocate(Request("abc/default", 22))
    assert str(subnet) == "10.32.12.0/22"
    with pytest.raises(SubnetError) as refused:
        store(consul, small).allocate(Request("xyz/default", 26))
    assert "10.32.0.0/21 (eth1 on node1), 10.32.8.0/22 (wg0 on node2); nothing is free" in str(refused.value)
    assert "1 subnet uses 1024 of its 4096 addresses" in str(refused.value)


def test_large_subnets_avoid_what_nodes_use(consul: FakeConsul) -> None:
    pool = parse_pool("p", "10.32.0.0/16")
    node(consul, "node1", eth1="10.32.200.0/24")
    assert str(store(consul, pool).allocate(Request("abc/default", 17))) == "10.32.0.0/17"
    with pytest.raises(SubnetError, match="eth1 on node1"):
        store(consul, pool).allocate(Request("xyz/default", 17))


def test_a_record_of_a_node_that_cannot_be_read_is_named(consul: FakeConsul) -> None:
    node(consul, "node1", eth1="here")
    with pytest.raises(SubnetError, match="arpanet/nodes/node1: network eth1 is 'here'"):
        store(consul).allocate(Request("abc/default", 26))


def test_a_subnet_that_cannot_be_read_is_named(consul: FakeConsul) -> None:
    consul.put(names.subnet_owner_key("abc/default"), {"cidr": "10.32.0.0/26"})
    with pytest.raises(SubnetError, match="owners/abc/default does not hold a subnet"):
        store(consul).allocate(Request("abc/default", 26))


def test_a_view_has_it_all_at_once(consul: FakeConsul) -> None:
    assert store(consul).view("abc").nodes == 1
    node(consul, "node1", eth1="10.32.0.0/21")
    node(consul, "node2")
    subnet = store(consul).allocate(Request("abc/default", 26))
    view = store(consul).view("abc")
    assert (view.owned, view.nodes, [str(clash) for clash in view.in_use]) == (
        {"default": subnet},
        2,
        ["10.32.0.0/21 (eth1 on node1)"],
    )


def test_more_than_a_transaction_can_cover_is_refused(consul: FakeConsul) -> None:
    assert store(consul).allocate(Request("abc/default", 16)).prefixlen == 16
    with pytest.raises(SubnetError, match="a /15 is too large, one network can have a /16 at most"):
        store(consul).allocate(Request("xyz/default", 15))


def test_pools_that_overlap_share_no_address(consul: FakeConsul) -> None:
    wide, narrow = parse_pool("wide", "10.32.0.0/20"), parse_pool("narrow", "10.32.8.0/24")
    for number in range(4):
        store(consul, narrow).allocate(Request(f"n{number}/x", 26))
    for number in range(60):
        store(consul, wide).allocate(Request(f"w{number}/x", 26))
    with pytest.raises(SubnetError, match="64 subnets use 4096 of its 4096 addresses"):
        store(consul, wide).allocate(Request("more/x", 29))
    whole(consul)


def test_what_was_allocated_in_a_small_pool_stays_when_it_grows(consul: FakeConsul) -> None:
    before = store(consul, parse_pool("p", "10.32.4.0/24")).allocate(Request("abc/default", 26))
    grown = store(consul, parse_pool("p", "10.32.0.0/20"))
    assert grown.allocate(Request("abc/default", 26)) == before
    for number in range(63):
        grown.allocate(Request(f"d{number}/x", 26))
    whole(consul)
    with pytest.raises(SubnetError, match="nothing is free"):
        grown.allocate(Request("more/x", 26))


def test_small_subnets_leave_most_of_a_pool_in_one_piece(consul: FakeConsul) -> None:
    for number in range(1000):
        store(consul).allocate(Request(f"d{number}/default", 26))
    assert all(subnet.subnet_of(IPv4Network("10.32.0.0/14")) for subnet in owners(consul).values())
    assert store(consul).allocate(Request("large/default", 16)).prefixlen == 16


owned_by = st.sampled_from([f"d{number}/x" for number in range(12)])
changes = st.one_of(
    st.tuples(st.just("allocate"), owned_by, st.integers(17, 29)), st.tuples(st.just("release"), owned_by, st.just(0))
)


@given(st.lists(changes, max_size=60), st.sampled_from([None, "10.32.24.0/22", "10.32.0.0/19", "10.32.9.64/27"]))
def test_after_any_history_a_request_that_fits_is_served(history: list[tuple[str, str, int]], used: str | None) -> None:
    consul = FakeConsul()
    if used:
        node(consul, "node1", eth1=used)
    mine = store(consul, SMALL)
    for verb, owner, prefix in history:
        held = owners(consul)
        if verb == "release":
            assert mine.release(owner) == held.get(owner)
            continue
        taken = [*held.values(), *([IPv4Network(used)] if used else [])]
        possible = prefix >= SMALL.network.prefixlen and any(
            not any(one.overlaps(other) for other in taken) for one in SMALL.network.subnets(new_prefix=prefix)
        )
        if owner in held:
            assert mine.allocate(Request(owner, prefix)) == held[owner]
        elif possible:
            assert mine.allocate(Request(owner, prefix)).prefixlen == prefix
        else:
            with pytest.raises(SubnetError, match="no free"):
                mine.allocate(Request(owner, prefix))
        whole(consul)
    assert not used or not any(subnet.overlaps(IPv4Network(used)) for subnet in owners(consul).values())
    for owner in owners(consul):
        mine.release(owner)
    assert consul.keys(names.SUBNETS_PREFIX) == set()
