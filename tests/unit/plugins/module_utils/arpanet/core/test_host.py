from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import host

DEBIAN = """PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
VERSION_ID="13"
VERSION_CODENAME=trixie
ID=debian
"""
UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n'
ROCKY = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEBIAN, ("debian", "13", "trixie", "debian")),
        (UBUNTU, ("ubuntu", "24.04", "noble", "debian")),
        (ROCKY, ("rocky", "9.4", "", "redhat")),
        ("ID=alpine\nVERSION_ID=3.20\n", ("alpine", "3.20", "", "")),
        ("", ("", "", "", "")),
    ],
)
def test_distribution(text: str, expected: tuple[str, ...]) -> None:
    found = host.distribution(text)
    assert (found.id, found.version, found.codename, found.family) == expected


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")])
def test_architecture(machine: str, name: str) -> None:
    assert host.architecture(machine) == name


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        (
            "# x\nnameserver 10.0.0.1\nsearch a\nnameserver 10.0.0.2\nnameserver 10.0.0.1\n",
            ["10.0.0.1", "10.0.0.2"],
        ),
        ("nameserver\noptions ndots:1\n", []),
    ],
)
def test_nameservers(text: str, servers: list[str]) -> None:
    assert host.nameservers(text) == servers


@pytest.mark.parametrize(
    ("resolv_conf", "behind", "servers"),
    [
        ("nameserver 10.0.0.1\n", "", ["10.0.0.1"]),
        # Never itself.
        ("nameserver 127.0.0.1\nnameserver 10.0.0.1\n", "", ["10.0.0.1"]),
        # Never a stub that may ask Consul.
        ("nameserver 127.0.0.53\n", "nameserver 10.0.0.9\n", ["10.0.0.9"]),
        # Docker's own server in a node that is a container is a real upstream.
        ("nameserver 127.0.0.11\n", "", ["127.0.0.11"]),
        ("nameserver fe80::1%eth0\n", "", []),
    ],
)
def test_upstreams(resolv_conf: str, behind: str, servers: list[str]) -> None:
    assert host.upstreams(resolv_conf, behind, ["127.0.0.1", "172.17.0.1"]) == servers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Consul v1.8.7+dfsg1\nProtocol 2", "1.8.7"),
        ("Serf v0.10.1\nAgent Protocol: 5", "0.10.1"),
        ("Serf 0.9.4", "0.9.4"),
        ("", ""),
        ("none", ""),
    ],
)
def test_version(text: str, number: str) -> None:
    assert host.version(text) == number


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1
   1: 010011AC:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1235 1
   2: 0100007F:0035 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 1236 1
   3: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1237 1
"""
UDP6 = """  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 77 2
   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 78 2
"""


def test_listeners() -> None:
    assert host.listeners(TCP, 53) == [("127.0.0.1", "1234"), ("172.17.0.1", "1235")]
    assert host.listeners("", 53) == []


def test_udp_has_no_listening_state() -> None:
    found = [address for address, _ in host.listeners(UDP6, 53, udp=True)]
    assert found == ["::", "::1"]


def test_packages() -> None:
    shown = "installed serf 0.10.1-1\nconfig-files haproxy 3.0\ninstalled docker.io 26.1.5+dfsg1-9\n"
    assert host.packages(shown) == {"serf": "0.10.1-1", "docker.io": "26.1.5+dfsg1-9"}


ROUTES = """Iface	Destination	Gateway	Flags	RefCnt	Use	Metric	Mask	MTU	Window	IRTT
eth0	00000000	010000D5	0003	0	0	0	00000000	0	0	0
eth0	0000D50A	00000000	0001	0	0	0	00FFFFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
tun0	00000000	0101080A	0003	0	0	0	00000080	0	0	0
tun0	00000080	0101080A	0003	0	0	0	00000080	0	0	0
"""


def test_routed_networks() -> None:
    # Without the default route, also where a VPN writes it as two halves.
    assert host.routed_networks(ROUTES, "docker0") == [("10.213.0.0/24", "eth0")]


def test_services() -> None:
    shown = "Id=a.service\nActiveState=active\nUnitFileState=enabled\n\nId=b.service\nActiveState=inactive\n"
    assert host.services(shown) == {
        "a.service": {"ActiveState": "active", "UnitFileState": "enabled"},
        "b.service": {"ActiveState": "inactive"},
    }
    assert host.services("") == {}
