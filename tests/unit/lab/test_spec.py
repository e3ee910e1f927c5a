"""Names and addresses of a lab."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.say import LabError
from lab.spec import Spec, address_of, container_name, free_network

FORBIDDEN = [IPv4Network("10.32.0.0/12"), IPv4Network("172.17.0.0/16"), IPv4Network("172.18.0.0/16")]


def test_managers_come_first_and_workers_follow() -> None:
    members = Spec(nodes=3, managers=2).members
    assert [(node.name, node.manager) for node in members] == [
        ("node1", True),
        ("node2", True),
        ("node3", False),
    ]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"nodes": 0}, "NODES=0"),
        ({"nodes": 2, "managers": 3}, "MANAGERS=3"),
        ({"managers": 0}, "MANAGERS=0"),
        ({"system": "debian-9"}, "OS=debian-9"),
        ({"lab": "My-Lab"}, "LAB=My-Lab"),
        ({"lab": ""}, "LAB="),
    ],
)
def test_a_wrong_wish_is_named_as_the_user_wrote_it(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(LabError, match=named):
        Spec(**wrong)


def test_labs_share_no_container_name() -> None:
    assert container_name("lab", "node1") == "arpanet-lab-node1"
    assert container_name("molecule", "node1") == "arpanet-molecule-node1"


@given(st.lists(st.integers(0, 255).map(lambda i: IPv4Network(f"10.213.{i}.0/24")), max_size=100))
def test_a_lab_network_overlaps_nothing(taken: list[IPv4Network]) -> None:
    chosen = free_network(taken)
    assert not any(chosen.overlaps(other) for other in [*taken, *FORBIDDEN])


def test_a_full_range_says_what_to_do() -> None:
    with pytest.raises(LabError, match="lab-down"):
        free_network([IPv4Network("10.0.0.0/8")])


def test_members_keep_their_addresses() -> None:
    lan = IPv4Network("10.213.7.0/24")
    found = [address_of(lan, member) for member in ("depot", "node1", "node200")]
    assert found == [IPv4Address("10.213.7.5"), IPv4Address("10.213.7.11"), IPv4Address("10.213.7.210")]
