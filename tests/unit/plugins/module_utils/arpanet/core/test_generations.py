from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.addresses import Address
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.generations import (
    asked,
    check,
    check_move,
    following,
    generations,
    in_order,
    newest,
    split,
    steps,
    without_left,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = "10.32.0.0/26", "10.33.0.0/24"


def model() -> dict[str, Any]:
    return {
        "services": {"web": {"networks": {"default": {"aliases": ["www"]}, "shared": None}}, "job": {}},
        "networks": {"default": {"name": "abc_default"}, "shared": {"external": True, "name": "shared"}},
    }


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True), st.integers(1, 5))
def test_generations_count_up(name: str, times: int) -> None:
    last = name
    for _ in range(times):
        last = following(last)
    assert split(last) == (name, times + 1)
    assert newest({last: "new", name: "old"}) == {name: "new"}


def test_tenth_comes_after_second() -> None:
    assert generations(["a.g10", "a", "a.g2", "b"], "a") == ["a", "a.g2", "a.g10"]


def test_one_subnet_is_one_step() -> None:
    ((step, networks),) = steps(model(), {"default": OLD})
    assert networks == {"default": OLD}
    assert step == {**model(), "services": {**model()["services"], "job": {"networks": {}}}}


def test_a_network_that_moved_keeps_its_new_name() -> None:
    ((step, networks),) = steps(model(), {"default.g2": NEW})
    assert networks == {"default.g2": NEW}
    assert step["services"]["web"]["networks"] == {"default.g2": {"aliases": ["www"]}, "shared": None}


def test_a_move_is_on_both_and_then_on_the_new_one() -> None:
    both, last = steps(model(), {"default": OLD, "default.g2": NEW})
    assert list(both[0]["services"]["web"]["networks"]) == ["default", "default.g2", "shared"]
    assert both[1] == {"default": OLD, "default.g2": NEW}
    assert list(last[0]["networks"]) == ["default.g2", "shared"]
    assert last[1] == {"default.g2": NEW}


def test_a_network_without_a_subnet_is_named() -> None:
    with pytest.raises(Unsupported, match="network default has no subnet"):
        steps(model(), {"other": OLD})


@pytest.mark.parametrize(
    ("recorded", "kept"),
    [
        (["default"], ["default", "default.g2"]),  # not begun
        (["default", "default.g2"], ["default", "default.g2"]),  # on both
        (["default.g2"], ["default.g2"]),  # moved; the old subnet waits to be released
        ([], ["default", "default.g2"]),
    ],
)
def test_a_move_that_was_cut_off_goes_on_where_it_was(recorded: list[str], kept: list[str]) -> None:
    assert list(without_left({"default": OLD, "default.g2": NEW}, recorded)) == kept


def test_names_that_mean_a_generation_are_refused() -> None:
    check(["default", "back", "g2"])
    with pytest.raises(Unsupported, match=r"network back\.g2"):
        check(["back.g2"])


def test_names_that_would_be_taken_for_one_another_are_refused() -> None:
    check(["back-g2", "back-end", "default"])
    with pytest.raises(Unsupported, match="network default-g2: so network default is called after a move"):
        check(["default", "default-g2"])
    with pytest.raises(Unsupported, match=r"network back_end_g10: so network back-end is called"):
        check(["back_end_g10", "back-end"])
    with pytest.raises(Unsupported, match="networks back_end and back-end would both be called back-end here"):
        check(["back_end", "back-end"])


SMALL, LARGE = IPv4Network(OLD), IPv4Network(NEW)


@pytest.mark.parametrize(
    ("held", "prefix", "moves", "expected"),
    [
        pytest.param({}, None, [], "default", id="none yet"),
        pytest.param({"other": SMALL}, 24, [], "default", id="only another network"),
        pytest.param({"default": SMALL}, None, [], "default", id="it has one"),
        pytest.param({"default": SMALL}, 26, [], "default", id="of that size"),
        pytest.param({"default": LARGE}, 26, [], "default", id="a larger one"),
        pytest.param({"default": SMALL}, 24, [], "default.g2", id="too small"),
        pytest.param({"default.g2": SMALL}, 24, [], "default.g3", id="too small again"),
        pytest.param({"default": SMALL}, None, ["default"], "default.g2", id="to another driver"),
        pytest.param({"default": SMALL}, None, ["other"], "default", id="another network to another driver"),
        pytest.param({"default": SMALL, "default.g2": LARGE}, 22, [], "default.g2", id="a move that was cut off"),
        pytest.param(
            {"default": SMALL, "default.g2": LARGE}, None, ["default"], "default.g2", id="that of this driver"
        ),
    ],
)
def test_which_generation_is_asked_for(
    held: dict[str, IPv4Network], prefix: int | None, moves: list[str], expected: str
) -> None:
    assert asked("default", held, prefix, moves) == expected


def test_a_move_to_another_driver_is_finished_before_the_way_back() -> None:
    with pytest.raises(SubnetError, match="network default was being moved to another driver: finish that first"):
        asked("default", {"default": SMALL, "default.g2": LARGE}, None, ["default", "default.g2"])


def test_a_network_with_addresses_of_others_does_not_move() -> None:
    its_own = Address(IPv4Address("10.32.0.2"), "1.db.abc", "db")
    vm, of_another = (Address(IPv4Address(f"10.32.0.{n}"), owner, owner) for n, owner in ((3, "vm"), (4, "1.db.xyz")))
    check_move("abc", "default", [its_own])
    with pytest.raises(SubnetError) as raised:
        check_move("abc", "default", [its_own, vm, of_another])
    assert str(raised.value) == (
        "network default of deployment abc cannot move to another subnet while vm has 10.32.0.3, 1.db.xyz has "
        "10.32.0.4 in it: give these back (deployment_address with state: absent) and lease new ones afterwards"
    )


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        pytest.param(["abc_back", "abc_default"], ["abc_default", "abc_back"], id="default first"),
        pytest.param(["abc_back", "abc_default-g2"], ["abc_default-g2", "abc_back"], id="when it has moved, too"),
        pytest.param(["abc_default-g2", "abc_default"], ["abc_default", "abc_default-g2"], id="both while it moves"),
        pytest.param(["abc_default-g10", "abc_default-g9"], ["abc_default-g9", "abc_default-g10"], id="by number"),
        pytest.param(["abc_b-g10", "abc_b-g9", "abc_a"], ["abc_a", "abc_b-g9", "abc_b-g10"], id="any network"),
        pytest.param(["ingress", "abcd_default", "shared"], [], id="those of others"),
    ],
)
def test_on_which_network_an_instance_is_asked_first(networks: list[str], expected: list[str]) -> None:
    assert in_order("abc", networks) == expected
