"""Addresses that a stack states, in a subnet that it cannot know."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names, service_addresses
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import swarm_range
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from hypothesis import assume, given
from hypothesis import strategies as st

Spec = dict[str, Any]


def model(address: str = "172.20.0.10", declared: str = "172.20.0.0/24", external: bool = False, **more: Any) -> Spec:
    ipam = {"ipam": {"config": [{"subnet": declared}]}} if declared else {}
    return {
        "services": {"db": {"image": "x", "networks": {"back": {"ipv4_address": address}}, **more}, "web": {}},
        "networks": {"back": {"external": True} if external else ipam},
    }


@pytest.mark.parametrize(
    ("address", "declared", "subnet", "becomes"),
    [
        ("172.20.0.10", "172.20.0.0/24", "10.32.4.0/26", "10.32.4.10"),
        ("172.20.0.2", "172.20.0.0/24", "10.32.4.0/26", "10.32.4.2"),
        ("172.20.0.15", "172.20.0.0/16", "10.32.4.64/26", "10.32.4.79"),
        ("172.20.1.4", "172.20.0.0/16", "10.32.0.0/20", "10.32.1.4"),
        # As people write it: an address of the subnet in place of its first one.
        ("172.20.0.10", "172.20.0.1/24", "10.32.4.0/26", "10.32.4.10"),
        ("10.32.4.10", "", "10.32.4.0/26", "10.32.4.10"),
    ],
)
def test_an_address_keeps_its_place(address: str, declared: str, subnet: str, becomes: str) -> None:
    stack = model(address, declared)
    service_addresses.check(stack)
    assert service_addresses.resolve(stack, {"back": subnet}) == {"db": {"back": becomes}}


@pytest.mark.parametrize(
    ("address", "declared", "subnet"),
    [
        ("172.20.0.0", "172.20.0.0/24", "10.32.4.0/26"),
        ("172.20.0.1", "172.20.0.0/24", "10.32.4.0/26"),
        ("172.20.0.16", "172.20.0.0/24", "10.32.4.0/26"),
        ("172.20.0.200", "172.20.0.0/24", "10.32.4.0/26"),
        ("172.20.0.10", "", "10.32.4.0/26"),
    ],
)
def test_an_address_that_is_not_for_owners(address: str, declared: str, subnet: str) -> None:
    with pytest.raises(Unsupported, match=rf"service db: .*{address}.* 10\.32\.4\.2 to 10\.32\.4\.15") as raised:
        service_addresses.resolve(model(address, declared), {"back": subnet})
    assert "-e subnet_size=" in str(raised.value)


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (model("172.21.0.10"), "172.21.0.10 is not in 172.20.0.0/24, the subnet that the file declares"),
        (model("ten"), "'networks.back.ipv4_address': Expected 4 octets in 'ten'"),
        (model(declared="lots"), "Expected 4 octets in 'lots'"),
        (model(external=True), "back is external"),
        (model(deploy={"mode": "global"}), "of a service in mode global there can be several"),
        (model(deploy={"update_config": {"order": "start-first"}}), "two instances cannot have one address"),
    ],
)
def test_what_no_subnet_makes_possible(stack: Spec, said: str) -> None:
    with pytest.raises(Unsupported) as raised:
        service_addresses.check(stack)
    assert said in str(raised.value)
    assert str(raised.value).startswith("service db: 'networks.back.ipv4_address'")


def test_what_it_became_is_said_where_it_is_another() -> None:
    assert service_addresses.notes(model(), {"db": {"back": "10.32.4.10"}}) == [
        "service db: ipv4_address 172.20.0.10 is 10.32.4.10 in this deployment"
    ]
    assert service_addresses.notes(model("10.32.4.10", ""), {"db": {"back": "10.32.4.10"}}) == []


networks = st.text("abcdefgh-_", min_size=1, max_size=20)


@given(st.dictionaries(networks, st.ip_addresses(v=4).map(str), min_size=1))
def test_a_label_says_it_all(addresses: dict[str, str]) -> None:
    text = service_addresses.label("abc", addresses)
    assert service_addresses.parse_label(text) == {f"abc_{name}": address for name, address in addresses.items()}
    template = {"ContainerSpec": {"Labels": {names.LABEL_ADDRESSES: text, names.LABEL_SERVICE: "My_db"}}}
    assert service_addresses.of_services("abc", {"abc_My_db": {"TaskTemplate": template}}, addresses) == {
        name: {"1.my-db.abc": IPv4Address(address)} for name, address in addresses.items()
    }


def test_a_network_that_has_moved_keeps_its_dot() -> None:
    text = service_addresses.label("abc", {"default.g2": "10.0.0.5", "gone": "10.0.1.5"})
    template = {"ContainerSpec": {"Labels": {names.LABEL_ADDRESSES: text, names.LABEL_SERVICE: "db"}}}
    assert service_addresses.of_services("abc", {"abc_db": {"TaskTemplate": template}}, ["default", "default.g2"]) == {
        "default.g2": {"1.db.abc": IPv4Address("10.0.0.5")}
    }


@pytest.mark.parametrize("text", ["", ",", "abc_default", "abc_default=", "abc_default=10.0.0.300", "=,="])
def test_a_label_of_somebody_elses_says_nothing(text: str) -> None:
    assert service_addresses.parse_label(text) == {}


@given(st.integers(8, 28), st.integers(0, 2**24 - 1))
def test_never_one_that_swarm_hands_out(prefix: int, offset: int) -> None:
    assume(offset < 2 ** (32 - prefix))
    subnet = IPv4Network((int(IPv4Address("10.0.0.0")), prefix))
    stack = model(str(IPv4Address("20.0.0.0") + offset), "20.0.0.0/8")
    try:
        found = service_addresses.resolve(stack, {"back": str(subnet)})
    except Unsupported:
        assert offset < 2 or offset >= subnet.num_addresses // 4
    else:
        address = IPv4Address(found["db"]["back"])
        assert address in subnet
        assert address not in swarm_range(subnet)
        assert address - 1 > subnet.network_address


@pytest.mark.parametrize(
    ("owner", "mine"),
    [("1.db.abc", True), ("legacy-db", False), ("db.abc", False), ("1.db.abcd", False), ("2.db.abc", False),
     ("1.a.b.abc", False)],
)  # fmt: skip
def test_whose_an_address_is(owner: str, mine: bool) -> None:
    assert service_addresses.is_instance(owner, "abc") is mine
