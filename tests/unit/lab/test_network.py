"""Routes of the machine, and labs that come up at once."""

from ipaddress import IPv4Network

import pytest

from lab import network
from lab.network import ensure, machine_routes
from lab.say import LabError

TABLE = """\
Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
vpn0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_routes_are_read_without_the_default_one() -> None:
    assert machine_routes(TABLE) == [IPv4Network("192.0.2.0/24"), IPv4Network("10.213.0.0/16")]


def test_a_range_that_another_lab_takes_in_between_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[IPv4Network] = []
    asked: list[str] = []

    def docker(*argv: str, what: str) -> str:
        asked.append(argv[argv.index("--subnet") + 1])
        if not taken:
            taken.append(IPv4Network(asked[0]))
            raise LabError(f"{what}: exit status 1\nPool overlaps with other one on this address space")
        return ""

    monkeypatch.setattr(network, "docker", docker)
    monkeypatch.setattr(network, "existing", lambda lab: None)
    monkeypatch.setattr(network, "_engine_networks", lambda: taken)
    assert str(ensure("one")) == asked[1] != asked[0]
