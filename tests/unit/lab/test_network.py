"""Routes of the machine."""

from ipaddress import IPv4Network

from lab.network import machine_routes

TABLE = """\
Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
vpn0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_routes_are_read_without_the_default_one() -> None:
    assert machine_routes(TABLE) == [IPv4Network("192.0.2.0/24"), IPv4Network("10.213.0.0/16")]
