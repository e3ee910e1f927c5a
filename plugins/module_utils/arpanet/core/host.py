"""What the files of a Linux host say about it: pure parsers, text in, data out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import node_networks

# What uname says to what packages and release archives are called.
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

_VERSION = re.compile(r"\bv?(\d+\.\d+\.\d+)")
_TCP_LISTEN = "0A"


@dataclass(frozen=True)
class Distribution:
    """``id``, ``version`` and ``codename`` as os-release has them; ``family`` is debian, redhat or empty."""

    id: str
    version: str
    codename: str
    name: str
    family: str


def distribution(os_release: str) -> Distribution:
    """Read /etc/os-release."""
    values = {}
    for line in os_release.splitlines():
        key, found, value = line.partition("=")
        if found:
            values[key.strip()] = value.strip().strip("\"'")
    identity = values.get("ID", "")
    related = {identity, *values.get("ID_LIKE", "").split()}
    family = "debian" if related & {"debian", "ubuntu"} else "redhat" if related & {"rhel", "fedora"} else ""
    return Distribution(
        identity,
        values.get("VERSION_ID", ""),
        values.get("VERSION_CODENAME", ""),
        values.get("PRETTY_NAME", identity),
        family,
    )


def architecture(machine: str) -> str:
    return ARCHITECTURES.get(machine, machine)


def nameservers(resolv_conf: str) -> list[str]:
    """The servers of a resolv.conf, in order and without repetition."""
    found = []
    for line in resolv_conf.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver" and words[1] not in found:
            found.append(words[1])
    return found


def upstreams(resolv_conf: str, behind_stub: str, own: Iterable[str]) -> list[str]:
    """The servers that a name server of this host may ask, never the host's own.

    ``behind_stub`` is what systemd-resolved would ask itself (its own resolv.conf, empty
    where it does not run): its stub may be told to ask Consul, so it is not asked by Consul.
    ``own`` are the addresses on which Consul itself listens.
    """
    servers = nameservers(resolv_conf)
    if any(server in ("127.0.0.53", "127.0.0.54") for server in servers):
        servers = nameservers(behind_stub)
    mine = set(own)
    return [server for server in servers if server not in mine and "%" not in server]


def version(text: str) -> str:
    """The first version number of a program's answer; empty where there is none."""
    match = _VERSION.search(text)
    return match.group(1) if match else ""


def listeners(table: str, port: int, udp: bool = False) -> list[tuple[str, str]]:
    """(address, inode) of the sockets on a port, from /proc/net/{tcp,tcp6,udp,udp6}."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) < 10:
            continue
        local, _, number = words[1].partition(":")
        if int(number, 16) == port and (udp or words[3] == _TCP_LISTEN):
            found.append((_address(local), words[9]))
    return found


def _address(hexadecimal: str) -> str:
    """An address as the kernel prints it: 32-bit words, each in the host's byte order."""
    words = [bytes.fromhex(hexadecimal[i : i + 8])[::-1] for i in range(0, len(hexadecimal), 8)]
    return str(ipaddress.ip_address(b"".join(words)))


def packages(dpkg_status: str) -> dict[str, str]:
    """Name to version of what dpkg has installed, from `${db:Status-Status} ${Package} ${Version}`."""
    found = {}
    for line in dpkg_status.splitlines():
        state, _, rest = line.partition(" ")
        name, _, number = rest.partition(" ")
        if state == "installed" and name:
            found[name] = number
    return found


def routed_networks(route_table: str, ignore: str) -> list[tuple[str, str]]:
    """(network, interface) of /proc/net/route without default routes and one interface."""
    return [
        (str(network), interface) for interface, network in node_networks.routes(route_table) if interface != ignore
    ]


def services(show: str) -> dict[str, dict[str, str]]:
    """Unit to its properties, from `systemctl show --property=… a b c` (blocks between blank lines)."""
    found = {}
    for block in show.strip().split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        if values.get("Id"):
            found[values.pop("Id")] = values
    return found
