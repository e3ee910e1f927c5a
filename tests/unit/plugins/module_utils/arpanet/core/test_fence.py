from __future__ import annotations

from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.fence import Fence, fence, rules

DRIVER = "weave:latest"


def network(identity: str, subnet: str, driver: str = DRIVER) -> dict[str, Any]:
    return {"Id": identity, "Driver": driver, "IPAM": {"Config": [{"Subnet": subnet}]}}


def container(**ends: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "NetworkSettings": {
            "Networks": {
                name: {"NetworkID": identity, "EndpointID": end, "IPAddress": address}
                for name, (identity, end, address) in ends.items()
            }
        }
    }


def test_what_docker_says_is_what_is_kept_apart() -> None:
    found = fence(
        DRIVER,
        [network("one", "10.32.0.0/26"), network("two", "10.32.0.64/26"), network("other", "10.9.0.0/24", "overlay")],
        [
            container(a=("one", "0123456789abcdef", "10.32.0.33"), b=("other", "ffffffffffff", "10.9.0.3")),
            container(a=("two", "fedcba9876543210", "10.32.0.97")),
            # Has not got its address yet, or has ended.
            container(a=("two", "", "")),
            {"NetworkSettings": None},
        ],
    )
    assert found == Fence(
        ("10.32.0.0/26", "10.32.0.64/26"), (("vethwl012345678", "10.32.0.33"), ("vethwlfedcba987", "10.32.0.97"))
    )
    # What the kernel allows.
    assert all(len(port) < 16 for port, _ in found.ports)


def test_networks_without_addresses_of_version_4() -> None:
    odd = [network("one", "fd00::/64"), {"Id": "two", "Driver": DRIVER, "IPAM": {"Config": None}}]
    assert fence(DRIVER, odd, []) == Fence()


def test_only_addresses_of_one_network_reach_each_other() -> None:
    text = rules(Fence(("10.32.0.0/26", "10.32.0.64/26"), (("vethwl012345678", "10.32.0.33"),)))
    assert "elements = { 10.32.0.0/26 . 10.32.0.0/26, 10.32.0.64/26 . 10.32.0.64/26 }" in text
    assert 'elements = { "vethwl012345678" . 10.32.0.33 }' in text
    # The old table goes in the same step, and an empty set has no elements.
    assert text.startswith("table bridge arpanet_weave\ndelete table bridge arpanet_weave\n")
    assert "elements" not in rules(Fence())
