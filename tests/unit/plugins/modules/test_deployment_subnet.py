from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import consul as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from fakes.consul import FakeConsul

Run = Callable[..., dict[str, Any]]
NAME = "deployment_subnet"


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> FakeConsul:
    consul = FakeConsul()
    monkeypatch.setattr(adapter, "Consul", lambda *_options: consul)
    return consul


def test_made_once_and_given_back(run: Run, consul: FakeConsul) -> None:
    made = run(NAME, {"deployment": "abc"})
    assert made["changed"]
    assert list(made["subnets"]) == made["allocated"] == ["default"]
    assert made["diff"] == {
        "before": {"subnets": {}, "pool": None},
        "after": {"subnets": made["subnets"], "pool": {"cidr": "10.32.0.0/12", "within": []}},
    }
    again = run(NAME, {"deployment": "abc"})
    assert (again["changed"], again["subnets"], again["allocated"]) == (False, made["subnets"], [])
    assert again["diff"]["before"] == again["diff"]["after"]
    gone = run(NAME, {"deployment": "abc", "state": "absent"})
    assert (gone["changed"], gone["subnets"]) == (True, {})
    assert not run(NAME, {"deployment": "abc", "state": "absent"})["changed"]
    assert consul.keys(names.SUBNETS_PREFIX) == set()


def test_check_mode_writes_nothing(run: Run, consul: FakeConsul) -> None:
    asked = {"deployment": "abc", "networks": {"a": {}, "b": {}}, "cidr": "192.168.0.0/24", "pool": "lab"}
    planned = run(NAME, asked, check=True)
    assert planned["changed"]
    assert len({*planned["subnets"].values()}) == 2
    assert consul.entries == {}
    assert run(NAME, asked)["subnets"] == planned["subnets"]
    assert run(NAME, {"deployment": "abc", "state": "absent"}, check=True)["changed"]
    assert len(consul.keys(names.OWNERS_PREFIX)) == 2


def test_no_room_for_one_of_them_leaves_nothing_behind(run: Run, consul: FakeConsul) -> None:
    asked = {"deployment": "abc", "networks": {"a": {}, "b": {}}, "cidr": "192.168.0.0/26", "pool": "lab"}
    assert run(NAME, asked)["failed"]
    assert consul.entries == {}


def test_sized_by_tasks_and_nodes(run: Run, consul: FakeConsul) -> None:
    for number in range(5):
        consul.put(names.node_key(f"node{number}"), {"node": f"node{number}", "networks": {}})
    networks = {"default": {"tasks": 4, "everywhere": 1}, "back": {"tasks": 1, "everywhere": 0}}
    subnets = run(NAME, {"deployment": "abc", "networks": networks})["subnets"]
    # 5 nodes + 2 * (4 + 5 tasks) * 4 = 77 addresses
    assert (subnets["default"].partition("/")[2], subnets["back"].partition("/")[2]) == ("24", "26")


def test_a_size_that_is_too_small_is_refused_with_the_arithmetic(run: Run, consul: FakeConsul) -> None:
    said = run(NAME, {"deployment": "abc", "size": "/29", "networks": {"default": {"tasks": 5}}})["msg"]
    assert "1 node + 2×5 tasks = 11 addresses, a /29 hands out 3" in said
    assert consul.keys(names.SUBNETS_PREFIX) == set()


def test_a_larger_size_moves_the_network(run: Run, consul: FakeConsul) -> None:
    first = run(NAME, {"deployment": "abc"})["subnets"]["default"]
    moved = run(NAME, {"deployment": "abc", "size": "/24"})
    assert moved["subnets"]["default"] == first
    assert moved["subnets"]["default.g2"].endswith("/24")
    assert not run(NAME, {"deployment": "abc", "size": "/24"})["changed"]


def test_a_network_with_explicit_addresses_does_not_move(run: Run, consul: FakeConsul) -> None:
    run(NAME, {"deployment": "abc"})
    leased = run("deployment_address", {"deployment": "abc", "owner": "vm"})["address"]
    said = run(NAME, {"deployment": "abc", "size": "/24"})["msg"]
    assert f"network default of deployment abc cannot move to another subnet while vm has {leased} in it" in said


def test_several_pools(run: Run, consul: FakeConsul) -> None:
    assert "say which range" in run(NAME, {"deployment": "abc", "pool": "lab"})["msg"]
    made = run(NAME, {"deployment": "abc", "pool": "lab", "cidr": "172.30.0.0/15"})
    assert made["subnets"]["default"].startswith("172.3")
    more = run(NAME, {"deployment": "xyz", "pool": "lab"})
    assert more["subnets"]["default"].startswith("172.3")
    assert "pool" not in more["diff"]["after"]
    # Whatever pool is named, it is the owner's subnet that goes.
    assert run(NAME, {"deployment": "abc", "state": "absent", "pool": "other"})["changed"]


def test_a_pool_that_grows_and_one_that_cannot_shrink(run: Run, consul: FakeConsul) -> None:
    held = run(NAME, {"deployment": "abc", "cidr": "10.32.0.0/14"})["subnets"]
    grown = run(NAME, {"deployment": "abc", "cidr": "10.32.0.0/12"})
    assert (grown["changed"], grown["subnets"]) == (True, held)
    assert grown["diff"]["before"]["pool"]["cidr"] == "10.32.0.0/14"
    assert (
        f"leaves out {held['default']} of abc/default"
        in run(NAME, {"deployment": "abc", "cidr": "10.40.0.0/16"})["msg"]
    )


def test_a_route_around_the_pool_and_how_to_say_that_it_is_right(run: Run, consul: FakeConsul) -> None:
    consul.put(names.node_key("node2"), {"node": "node2", "networks": {"tun0": "10.0.0.0/8"}})
    said = run(NAME, {"deployment": "abc"})["msg"]
    assert "10.0.0.0/8 (tun0 on node2)" in said
    assert "-e pool_within=10.0.0.0/8" in said
    assert run(NAME, {"deployment": "abc", "within": ["10.0.0.0/8"]})["changed"]
    assert run(NAME, {"deployment": "xyz"})["changed"]


def test_a_subnet_that_a_node_has_begun_to_use_is_warned_about(run: Run, consul: FakeConsul) -> None:
    subnet = run(NAME, {"deployment": "abc", "size": "/24"})["subnets"]["default"]
    consul.put(names.node_key("node2"), {"node": "node2", "networks": {"eth1": subnet}})
    result = run(NAME, {"deployment": "abc", "size": "/26"})
    assert not result["changed"]
    # Their form depends on the version of Ansible.
    assert f"overlaps {subnet} (eth1 on node2)" in str(result["warnings"])
    assert f"keeps its subnet {subnet}, which is larger than /26" in str(result["warnings"])


def test_a_deployment_that_exists_again_keeps_what_it_has(run: Run, consul: FakeConsul) -> None:
    subnets = run(NAME, {"deployment": "abc"})["subnets"]
    consul.put(names.deployment_key("abc"), {"networks": subnets})
    assert "remove.yml -e deployment=abc" in run(NAME, {"deployment": "abc", "state": "absent"})["msg"]
    assert run(NAME, {"deployment": "abc"})["subnets"] == subnets


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"deployment": "No!"}, "DNS label"),
        ({"deployment": "abc", "size": "huge"}, "subnet_size 'huge'"),
        ({"deployment": "abc", "cidr": "10.32.0.1/12"}, "host bits"),
        ({"deployment": "abc", "size": "/10"}, "at most"),
    ],
)
def test_what_cannot_be(run: Run, consul: FakeConsul, asked: dict[str, Any], says: str) -> None:
    result = run(NAME, asked)
    assert result["failed"]
    assert says in result["msg"]


def deployed(consul: FakeConsul, driver: str, *networks: str) -> None:
    consul.put(
        names.deployment_key("abc"),
        {"driver": driver, "networks": {name: consul.get(names.subnet_owner_key(f"abc/{name}")).value["subnet"]
                                        for name in networks}},
    )  # fmt: skip


def test_another_driver_moves_the_networks_of_a_deployment(run: Run, consul: FakeConsul) -> None:
    asked = {"deployment": "abc", "driver": "overlay", "size": "/24"}
    first = run(NAME, asked)["subnets"]
    again = {"deployment": "abc", "driver": "weave"}
    # What does not run yet has nothing to move from.
    assert run(NAME, again)["subnets"] == first
    deployed(consul, "overlay", "default")
    assert run(NAME, {"deployment": "abc"})["subnets"] == first
    moved = run(NAME, again)
    assert moved["allocated"] == ["default.g2"]
    assert moved["subnets"]["default.g2"].endswith("/24"), "no smaller than it was"
    assert not run(NAME, again)["changed"]
    deployed(consul, "weave", "default", "default.g2")
    assert not run(NAME, again)["changed"]
    said = run(NAME, {"deployment": "abc", "driver": "overlay"})["msg"]
    assert "was being moved to another driver: finish that first" in said
    # It has arrived, though what it left has not been given back yet.
    deployed(consul, "weave", "default.g2")
    assert run(NAME, {"deployment": "abc", "driver": "overlay"})["allocated"] == ["default.g3"]
