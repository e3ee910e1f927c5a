from __future__ import annotations

import sys
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.node_networks import (
    docker_networks,
    in_use,
    routes,
)

HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"


def word(address: str) -> str:
    """An address as the kernel prints it."""
    return f"{int.from_bytes(IPv4Address(address).packed, sys.byteorder):08X}"


def line(interface: str, destination: str, mask: str) -> str:
    return f"{interface}\t{word(destination)}\t00000000\t0001\t0\t0\t0\t{word(mask)}\t0\t0\t0\n"


@pytest.mark.skipif(sys.byteorder != "little", reason="the example is from a little-endian machine")
def test_a_real_table() -> None:
    table = HEADER + (
        "eth0\t00000000\t0101D50A\t0003\t0\t0\t0\t00000000\t0\t0\t0   \n"
        "eth0\t0001D50A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0   \n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )
    assert [(name, str(network)) for name, network in routes(table)] == [
        ("eth0", "10.213.1.0/24"),
        ("docker0", "172.17.0.0/16"),
    ]


@pytest.mark.parametrize(
    ("destination", "mask", "found"),
    [
        ("0.0.0.0", "0.0.0.0", []),
        # A default route in two halves, as VPN clients write it.
        ("0.0.0.0", "128.0.0.0", []),
        ("128.0.0.0", "128.0.0.0", []),
        ("10.0.0.0", "255.0.0.0", ["10.0.0.0/8"]),
        ("10.32.0.7", "255.255.255.255", ["10.32.0.7/32"]),
    ],
)
def test_routes(destination: str, mask: str, found: list[str]) -> None:
    table = HEADER + line("tun0", destination, mask)
    assert [str(network) for _, network in routes(table)] == found


def test_no_table() -> None:
    assert list(routes("")) == []
    assert list(routes(HEADER + "garbage\n")) == []


def network(name: str, *subnets: str, **labels: str) -> dict[str, Any]:
    return {"Name": name, "IPAM": {"Config": [{"Subnet": subnet} for subnet in subnets]}, "Labels": labels}


def test_docker_networks() -> None:
    items = [
        network("bridge", "172.17.0.0/16"),
        network("both", "10.5.0.0/24", "fd00::/64", "10.6.0.0/24"),
        network("host"),
        {"Name": "odd", "IPAM": None, "Labels": None},
        {"Name": "broken", "IPAM": {"Config": [{"Subnet": "what"}, {}]}},
        {**network("abc_default", "10.32.0.0/26"), "Labels": {"arpanet.deployment": "abc"}},
        network("xyz_default", "10.32.0.64/26"),
        network("xyzzy", "10.7.0.0/24"),
    ]
    assert [(name, str(subnet)) for name, subnet in docker_networks(items, {"xyz"})] == [
        ("bridge", "172.17.0.0/16"),
        ("both", "10.5.0.0/24"),
        ("both", "10.6.0.0/24"),
        ("xyzzy", "10.7.0.0/24"),
    ]


def test_every_network_has_a_name_of_its_own() -> None:
    found = [
        ("eth0", IPv4Network("10.2.0.0/16")),
        ("eth0", IPv4Network("10.1.0.0/16")),
        ("docker_gwbridge", IPv4Network("172.18.0.0/16")),
        ("docker_gwbridge", IPv4Network("172.18.0.0/16")),
    ]
    expected = {"eth0": "10.1.0.0/16", "eth0 10.2.0.0/16": "10.2.0.0/16", "docker_gwbridge": "172.18.0.0/16"}
    assert in_use(found) == expected
    assert in_use(found[::-1]) == expected
