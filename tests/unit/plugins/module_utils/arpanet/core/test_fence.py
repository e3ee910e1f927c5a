from __future__ import annotations

from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.fence import Fence, Port, fence, rules


def network(subnet: str, *ends: tuple[str, str, str]) -> dict[str, Any]:
    found = {
        f"container{number}": {"EndpointID": end, "IPv4Address": address, "MacAddress": station, "IPv6Address": ""}
        for number, (end, address, station) in enumerate(ends)
    }
    return {"IPAM": {"Config": [{"Subnet": subnet}]}, "Containers": found or None}


def test_what_docker_says_is_what_is_kept_apart() -> None:
    found = fence(
        [
            # The last one has not got its address yet.
            network("10.32.0.0/26", ("0123456789abcdef", "10.32.0.33/26", "6a:e3:45:1a:14:ec"), ("aaaa", "", "")),
            network("10.32.0.64/26", ("fedcba9876543210", "10.32.0.97/26", "")),
            network("10.32.0.128/26"),
        ],
    )
    assert found == Fence(
        ("10.32.0.0/26", "10.32.0.128/26", "10.32.0.64/26"),
        (Port("vethwl012345678", "10.32.0.33/26", "6a:e3:45:1a:14:ec"), Port("vethwlfedcba987", "10.32.0.97/26")),
    )
    # What the kernel allows.
    assert all(len(port.name) < 16 for port in found.ports)


def test_networks_without_addresses_of_version_4() -> None:
    odd = [network("fd00::/64"), {"IPAM": {"Config": None}}]
    assert fence(odd) == Fence()


def test_only_addresses_of_one_network_reach_each_other() -> None:
    text = rules(
        Fence(
            ("10.32.0.0/26", "10.32.0.64/26"),
            (Port("vethwl012345678", "10.32.0.33/26", "6a:e3:45:1a:14:ec"), Port("vethwlfedcba987", "10.32.0.97/26")),
        )
    )
    assert "elements = { 10.32.0.0/26 . 10.32.0.0/26, 10.32.0.64/26 . 10.32.0.64/26 }" in text
    assert 'elements = { "vethwl012345678" . 10.32.0.33, "vethwlfedcba987" . 10.32.0.97 }' in text
    # It hears what is for it, and for all of its own network.
    assert '"vethwl012345678" . 10.32.0.33, "vethwl012345678" . 10.32.0.63' in text
    # Only where Docker tells it, an end is held to its hardware address.
    assert 'elements = { "vethwl012345678" }' in text
    assert 'elements = { "vethwl012345678" . 6a:e3:45:1a:14:ec }' in text
    # The old table goes in the same step, and an empty set has no elements.
    assert text.startswith("table bridge arpanet_weave\ndelete table bridge arpanet_weave\n")
    assert "elements" not in rules(Fence())
