from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network, collapse_addresses

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    BLOCK,
    FIRST_BLOCKS,
    LARGEST_PREFIX,
    MOST_BLOCKS,
    Clash,
    Pool,
    Request,
    SubnetError,
    blocks_of,
    check_resize,
    clashing,
    describe_full,
    free_ranges,
    parse_pool,
    place,
    pool_of_record,
    probe_order,
    probes,
    relevant,
    warnings,
)
from hypothesis import given
from hypothesis import strategies as st

WITHIN = IPv4Network("10.32.0.0/20")


def inside(within: IPv4Network, shortest: int, longest: int) -> st.SearchStrategy[IPv4Network]:
    return st.integers(shortest, longest).flatmap(
        lambda prefix: st.integers(0, 2 ** (prefix - within.prefixlen) - 1).map(
            lambda number: IPv4Network((int(within.network_address) + (number << (32 - prefix)), prefix))
        )
    )


taken = st.lists(inside(WITHIN, 20, 29), max_size=12)
pools = inside(IPv4Network("0.0.0.0/0"), 8, 26).map(lambda network: Pool("p", network))
owners = st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}", fullmatch=True)


# Pools


def test_a_pool_lies_in_blocks_of_the_address_space() -> None:
    pool = parse_pool("default", "10.32.0.0/12")
    assert pool.blocks == 512
    assert str(pool.block_at(0)) == "10.32.0.0/21"
    assert str(pool.block_at(511)) == "10.47.248.0/21"
    assert pool.part(pool.block_at(3)) == pool.block_at(3)


def test_a_pool_smaller_than_a_block_is_a_part_of_it() -> None:
    pool = parse_pool("small", "192.168.5.0/24")
    assert pool.blocks == 1
    assert str(pool.block_at(0)) == "192.168.0.0/21"
    assert pool.part(pool.block_at(0)) == pool.network


@given(pools, st.data())
def test_blocks_stay_what_they_are_when_a_pool_grows(pool: Pool, data: st.DataObject) -> None:
    larger = Pool("p", pool.network.supernet(new_prefix=data.draw(st.integers(0, pool.network.prefixlen))))
    if larger.blocks <= 4096:
        every = {larger.block_at(index) for index in range(larger.blocks)}
        assert {pool.block_at(0), pool.block_at(pool.blocks - 1)} <= every


@pytest.mark.parametrize(
    ("name", "cidr", "within", "says"),
    [
        ("default", "10.32.0.0/8", [], "has host bits set"),
        ("default", "everything", [], "not an IPv4 range"),
        ("default", "fd00::/64", [], "not an IPv4 range"),
        ("default", "10.32.0.0/27", [], "smaller than one /26"),
        ("Lab", "10.32.0.0/16", [], "lower-case letters"),
        ("a/b", "10.32.0.0/16", [], "lower-case letters"),
        ("lab", "10.32.0.0/16", ["172.16.0.0/12"], "does not lie within 172.16.0.0/12"),
        ("lab", "10.32.0.0/16", ["10.32.5.0/24"], "does not lie within"),
        ("lab", "10.32.0.0/16", ["vpn"], "not an IPv4 range"),
    ],
)
def test_a_pool_that_cannot_be(name: str, cidr: str, within: list[str], says: str) -> None:
    with pytest.raises(SubnetError, match=says) as refused:
        parse_pool(name, cidr, within)
    assert name in str(refused.value)


def test_a_pool_survives_consul() -> None:
    pool = parse_pool("lab", "10.32.0.0/16", ["10.0.0.0/8"])
    assert pool_of_record("lab", pool.as_value()) == pool


def test_a_pool_grows_over_its_subnets_and_shrinks_no_further_than_them() -> None:
    before = parse_pool("default", "10.32.0.0/14")
    held = {"abc/default": IPv4Network("10.33.0.0/26"), **{f"d{n}/x": IPv4Network("10.34.0.0/26") for n in range(4)}}
    check_resize(before, parse_pool("default", "10.32.0.0/12"), held)
    check_resize(before, parse_pool("default", "10.33.0.0/16"), {"abc/default": held["abc/default"]})
    with pytest.raises(SubnetError) as refused:
        check_resize(before, parse_pool("default", "10.33.0.0/16"), held)
    assert "10.34.0.0/26 of d0/x, 10.34.0.0/26 of d1/x, 10.34.0.0/26 of d2/x and 1 more" in str(refused.value)
    assert "choose a range that contains 10.32.0.0/14" in str(refused.value)


# Blocks and where to look


@given(inside(IPv4Network("10.0.0.0/8"), LARGEST_PREFIX, 29))
def test_a_subnet_lies_in_one_block_or_covers_whole_ones(subnet: IPv4Network) -> None:
    blocks = blocks_of(subnet)
    assert all(block.prefixlen == BLOCK for block in blocks)
    assert len(blocks) <= MOST_BLOCKS
    if subnet.prefixlen < BLOCK:
        assert list(collapse_addresses(blocks)) == [subnet]
    else:
        assert len(blocks) == 1
        assert subnet.subnet_of(blocks[0])


@given(pools, owners, st.integers(0, 20))
def test_probes_are_few_blocks_of_the_pool(pool: Pool, owner: str, attempt: int) -> None:
    looked = list(probes(pool, owner, attempt))
    assert len(looked) == len({*looked}) <= 8
    assert all(pool.part(block).subnet_of(pool.network) for block in looked)
    assert looked == list(probes(pool, owner, attempt))


def test_the_first_probes_of_all_owners_stay_at_the_pools_start() -> None:
    pool = parse_pool("default", "10.32.0.0/12")
    first = Counter(next(probes(pool, f"d{number}/default")) for number in range(4000))
    assert {*first} == {pool.block_at(index) for index in range(FIRST_BLOCKS)}
    assert max(first.values()) < 70  # 31 in the mean: owners are spread over them


def test_who_has_lost_a_race_looks_elsewhere() -> None:
    pool = parse_pool("default", "10.32.0.0/12")
    assert len({next(probes(pool, "abc/default", attempt)) for attempt in range(10)}) > 5


@given(pools.filter(lambda pool: pool.blocks <= 1024), owners, st.integers(0, 3))
def test_in_the_end_every_block_is_looked_into_once(pool: Pool, owner: str, attempt: int) -> None:
    assert sorted(probe_order(pool, owner, attempt)) == [pool.block_at(index) for index in range(pool.blocks)]


# Placing


@given(taken)
def test_free_ranges_are_what_is_not_taken_in_the_largest_pieces(used: list[IPv4Network]) -> None:
    free = free_ranges(WITHIN, used)
    assert free == sorted(collapse_addresses(free))
    assert not any(gap.overlaps(one) for gap in free for one in used)
    everything = sum(gap.num_addresses for gap in free)
    assert everything + sum(one.num_addresses for one in collapse_addresses(used)) == WITHIN.num_addresses


@given(taken, st.integers(20, 29), st.booleans())
def test_a_place_is_found_whenever_there_is_one(used: list[IPv4Network], prefix: int, last: bool) -> None:
    found = place(WITHIN, used, prefix, last)
    possible = [one for one in WITHIN.subnets(new_prefix=prefix) if not any(one.overlaps(other) for other in used)]
    assert found in possible if possible else found is None


@given(taken, st.integers(20, 29), st.booleans())
def test_a_place_leaves_the_largest_free_ranges_whole(used: list[IPv4Network], prefix: int, last: bool) -> None:
    found = place(WITHIN, used, prefix, last)
    if found is not None:
        fitting = [gap for gap in free_ranges(WITHIN, used) if gap.prefixlen <= prefix]
        [within] = [gap for gap in fitting if found.subnet_of(gap)]
        assert within.prefixlen == max(gap.prefixlen for gap in fitting)
        same = [gap for gap in fitting if gap.prefixlen == within.prefixlen]
        assert within == (same[-1] if last else same[0])


@given(taken, st.integers(20, 29))
def test_text_and_networks_are_the_same(used: list[IPv4Network], prefix: int) -> None:
    assert place(WITHIN, map(str, used), prefix) == place(WITHIN, used, prefix)


def test_what_is_taken_may_reach_beyond() -> None:
    assert place(WITHIN, ["10.0.0.0/8"], 26) is None
    assert place(WITHIN, ["10.16.0.0/12", "10.48.0.0/12"], 20) == WITHIN
    assert place(IPv4Network("0.0.0.0/8"), [], 26) == IPv4Network("0.0.0.0/26")


def test_what_is_no_range_is_named() -> None:
    with pytest.raises(SubnetError, match="'somewhere' is not an IPv4 range"):
        place(WITHIN, ["somewhere"], 26)


# Clashes

POOL = parse_pool("default", "10.32.0.0/12")


def clash(cidr: str, node: str = "node2", name: str = "eth1") -> Clash:
    return Clash(node, name, IPv4Network(cidr))


@pytest.mark.parametrize("cidr", ["10.40.0.0/16", "10.32.0.0/12", "10.47.255.255/32", "10.0.0.0/8", "10.0.0.0/7"])
def test_a_route_into_or_around_the_pool_is_a_clash(cidr: str) -> None:
    assert relevant([clash(cidr)], POOL) == [clash(cidr)]


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "0.0.0.0/1", "10.48.0.0/16", "172.17.0.0/16", "10.31.255.0/24"])
def test_default_routes_and_what_lies_elsewhere_are_none(cidr: str) -> None:
    assert relevant([clash(cidr)], POOL) == []


def test_a_pool_may_be_carved_out_of_a_route() -> None:
    carved = parse_pool("default", "10.32.0.0/12", ["10.0.0.0/8"])
    assert relevant([clash("10.0.0.0/8"), clash("10.32.0.0/11"), clash("10.40.0.0/16")], carved) == [
        clash("10.32.0.0/11"),
        clash("10.40.0.0/16"),
    ]
    same = parse_pool("default", "10.32.0.0/12", ["10.32.0.0/12"])
    assert relevant([clash("10.32.0.0/12")], same) == []


def test_which_of_them_a_subnet_meets() -> None:
    found = [clash("10.40.0.0/16"), clash("10.0.0.0/8"), clash("0.0.0.0/0")]
    assert clashing(IPv4Network("10.40.1.0/26"), found, POOL) == found[:2]
    carved = parse_pool("default", "10.32.0.0/12", ["10.0.0.0/8"])
    assert clashing(IPv4Network("10.41.1.0/26"), found, carved) == []


def test_what_is_odd_about_the_subnets_that_are_there() -> None:
    held = {"back": IPv4Network("10.40.1.0/24"), "default": IPv4Network("10.41.0.0/26")}
    assert warnings(held, [clash("10.42.0.0/16")], None, POOL) == []
    assert warnings(held, [clash("10.40.0.0/16")], "/26", POOL) == [
        "network back keeps its subnet 10.40.1.0/24, which is larger than /26",
        "network back has subnet 10.40.1.0/24, which overlaps 10.40.0.0/16 (eth1 on node2): its containers cannot "
        "reach what is behind that",
    ]


# What is said when nothing fits


def test_a_full_pool_tells_its_use_the_largest_free_block_and_what_to_do() -> None:
    pool = parse_pool("small", "192.168.0.0/24")
    held = {"192.168.0.0/26": "abc/default", "192.168.0.128/27": "xyz/default"}
    said = describe_full(pool, Request("new/default", 25), held, [clash("192.168.0.192/27")])
    assert said == (
        "no free /25 for new/default in pool 'small' (192.168.0.0/24): 2 subnets use 96 of its 256 addresses, of the "
        "rest nodes use 192.168.0.192/27 (eth1 on node2); the largest free block is 192.168.0.64/26. What helps: ask "
        "for less with -e subnet_size=/26, remove a deployment, grow the pool (-e pool_cidr=192.168.0.0/23) or take "
        "another one (-e pool=NAME)"
    )


def test_a_pool_without_any_room_says_so() -> None:
    pool = parse_pool("small", "192.168.0.0/26")
    said = describe_full(pool, Request("new/default", 26), {"192.168.0.0/26": "abc/default"}, [])
    assert "1 subnet uses 64 of its 64 addresses; nothing is free. What helps: remove a deployment" in said


def test_a_route_around_the_pool_is_explained() -> None:
    said = describe_full(POOL, Request("new/default", 26), {}, [clash("10.0.0.0/8", name="tun0")])
    assert "all of it lies in 10.0.0.0/8 (tun0 on node2)" in said
    assert said.endswith("-e pool_within=10.0.0.0/8")
    carved = parse_pool("default", "10.32.0.0/12", ["10.0.0.0/8"])
    more = describe_full(carved, Request("new/default", 26), {}, [clash("10.32.0.0/11")])
    assert more.endswith("-e pool_within=10.0.0.0/8,10.32.0.0/11")


def test_only_a_few_of_many_clashes_are_listed() -> None:
    found = [clash(f"10.32.{n}.0/24", node=f"node{n}") for n in range(9)]
    assert "node4) and 4 more" in describe_full(POOL, Request("new/default", 12), {}, found)
