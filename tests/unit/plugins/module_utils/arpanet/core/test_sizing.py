from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import (
    DEFAULT_PREFIX,
    SMALLEST_PREFIX,
    Need,
    SubnetError,
    capacity,
    check_room,
    fits,
    parse_size,
    prefix_asked,
    prefix_for,
    reserved_range,
    swarm_range,
)
from hypothesis import given
from hypothesis import strategies as st

subnets = st.integers(8, SMALLEST_PREFIX).flatmap(
    lambda prefix: st.integers(0, 2**prefix - 1).map(lambda number: IPv4Network((number << (32 - prefix), prefix)))
)
needs = st.builds(Need, tasks=st.integers(0, 5000), nodes=st.integers(1, 500))


@given(subnets)
def test_swarm_has_the_upper_half_and_owners_the_lower_quarter(subnet: IPv4Network) -> None:
    swarm, reserved = swarm_range(subnet), reserved_range(subnet)
    assert swarm.broadcast_address == subnet.broadcast_address
    assert 2 * swarm.num_addresses == subnet.num_addresses
    assert reserved.network_address == subnet.network_address
    assert 4 * reserved.num_addresses == subnet.num_addresses
    assert not swarm.overlaps(reserved)


def test_what_a_default_subnet_is_cut_into() -> None:
    subnet = IPv4Network("10.32.4.64/26")
    assert str(swarm_range(subnet)) == "10.32.4.96/27"
    assert str(reserved_range(subnet)) == "10.32.4.64/28"
    assert capacity(26) == 31  # without the broadcast address


@pytest.mark.parametrize(
    ("tasks", "nodes", "prefix"),
    [
        (0, 1, 26),
        (1, 3, 26),
        (3, 7, 26),  # 7 + 2 * 3 * 4 = 31, which is what a /26 hands out
        (3, 8, 25),
        (4, 3, 25),
        (9, 3, 24),
        (84, 3, 21),
        (1000, 50, 18),
    ],
)
def test_four_times_the_tasks_fit_twice_over(tasks: int, nodes: int, prefix: int) -> None:
    assert prefix_for(Need(tasks, nodes)) == prefix


@given(needs, st.integers(1, 8))
def test_a_subnet_holds_what_it_was_made_for_and_is_not_larger_than_that_takes(need: Need, room: int) -> None:
    prefix = prefix_for(need, room)
    grown = Need(need.tasks * room, need.nodes)
    assert prefix <= DEFAULT_PREFIX
    assert fits(prefix, grown)
    assert prefix == DEFAULT_PREFIX or not fits(prefix + 1, grown)


def test_what_no_network_holds() -> None:
    with pytest.raises(SubnetError, match="5000000 tasks on 1 nodes"):
        prefix_for(Need(5_000_000, 1))


def test_a_refusal_shows_the_arithmetic_and_the_size_that_would_do() -> None:
    with pytest.raises(SubnetError) as refused:
        check_room(IPv4Network("10.32.0.0/26"), Need(84, 3), "pricing to 80")
    assert str(refused.value) == (
        "pricing to 80: 3 nodes + 2×84 tasks = 171 addresses, subnet 10.32.0.0/26 hands out 31. "
        "It takes a /23 or larger: deploy with -e subnet_size=/23"
    )


def test_the_last_task_that_fits() -> None:
    subnet = IPv4Network("10.32.0.0/26")
    check_room(subnet, Need(14, 3), "14 tasks")
    with pytest.raises(SubnetError, match=r"3 nodes \+ 2.15 tasks = 33 addresses"):
        check_room(subnet, Need(15, 3), "15 tasks")
    assert str(fits(26, Need(1, 1))) == "1 node + 2×1 task = 3 addresses, a /26 hands out 31"


@given(subnets, needs)
def test_more_never_fits_where_less_does_not(subnet: IPv4Network, need: Need) -> None:
    if not fits(subnet, need):
        assert not fits(subnet, Need(need.tasks + 1, need.nodes))
        assert not fits(subnet, Need(need.tasks, need.nodes + 1))


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("/24", 24), ("24", 24), (" /26 ", 26), ("256", 24), ("257", 23), ("255", 24), ("33", 26), ("/8", 8), ("29", 29)],
)
def test_sizes_as_people_write_them(text: str, prefix: int) -> None:
    assert parse_size(text) == prefix


@pytest.mark.parametrize(
    "text", ["", "/", "big", "-1", "/30", "32", "7", "/0", "/64", "0", "1.5", "//24", "٣٣", "9" * 99]
)
def test_sizes_that_mean_nothing_are_refused_with_what_would(text: str) -> None:
    with pytest.raises(SubnetError, match=r"/24|/29"):
        parse_size(text)


@pytest.mark.parametrize(
    ("counts", "size", "nodes", "prefix"),
    [
        ({}, None, 1, 26),
        ({"tasks": 1, "everywhere": 1}, None, 3, prefix_for(Need(4, 3))),
        ({"everywhere": 2}, "", 50, prefix_for(Need(100, 50))),
        ({"tasks": 1}, "/29", 1, 29),
        ({"tasks": 1, "everywhere": 1}, "1024", 3, 22),
    ],
)
def test_the_size_of_a_new_subnet(counts: dict[str, int], size: str | None, nodes: int, prefix: int) -> None:
    assert prefix_asked("default", counts, size, nodes) == prefix


def test_a_stated_size_has_to_hold_what_is_there() -> None:
    with pytest.raises(SubnetError, match=r"network back in a subnet of size /29: 3 nodes \+ 2×4 tasks = 11 addresses"):
        prefix_asked("back", {"tasks": 1, "everywhere": 1}, "/29", 3)
