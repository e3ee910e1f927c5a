"""Where a cluster is found: `serf://<any member>[:<port>][@<advertised address>]`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

SCHEME = "serf://"
PORT = 7947

_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_FORM = "serf://<address of any member>[:<port>][@<own address>], such as serf://10.0.0.8@10.0.0.7"


class BadSeed(ValueError):
    """What was given is no way to a cluster; says what is wrong with it."""


@dataclass(frozen=True)
class Seeds:
    """``members`` are (host, port) in the order in which they are tried; ``advertise`` is the joiner's
    own address, empty where it was left out."""

    members: tuple[tuple[str, int], ...]
    advertise: str = ""

    @property
    def addresses(self) -> list[str]:
        """As Serf takes them: `host:port`."""
        return [f"{host}:{port}" for host, port in self.members]


def parse(given: Iterable[str], port: int = PORT) -> Seeds:
    """Read addresses, each word of which may hold several between commas or blanks. `port` is for those
    without one."""
    members: dict[tuple[str, int], None] = {}
    advertised: dict[str, None] = {}
    for word in [word for item in given for word in re.split(r"[,\s]+", item) if word]:
        member, own = _one(word, port)
        members[member] = None
        if own:
            advertised[own] = None
    if not members:
        raise BadSeed(f"there is no address to join at: give {_FORM}")
    if len(advertised) > 1:
        raise BadSeed(f"two addresses of this machine's own are given, {' and '.join(advertised)}: leave out one")
    return Seeds(tuple(members), next(iter(advertised), ""))


def _one(word: str, port: int) -> tuple[tuple[str, int], str]:
    if "://" in word and not word.startswith(SCHEME):
        raise BadSeed(f"{word} is no way to a cluster: give {_FORM}")
    where, at, own = word.removeprefix(SCHEME).rstrip("/").partition("@")
    host, colon, number = where.partition(":")
    if colon:
        if not number.isdigit() or not 1 <= int(number) <= 65535:
            raise BadSeed(f"{word}: {number or 'nothing'} is no port (IPv6 is not supported). Give {_FORM}")
        port = int(number)
    if not _host(host):
        raise BadSeed(f"{word}: {host or 'nothing'} is neither an IPv4 address nor a host name. Give {_FORM}")
    if at and not _address(own):
        raise BadSeed(f"{word}: {own or 'nothing'} after the @ is no IPv4 address of this machine. Give {_FORM}")
    return (host, port), own


def _host(text: str) -> bool:
    # Digits and dots alone are an address or a mistake.
    return _address(text) if re.fullmatch(r"[0-9.]*", text) else bool(_NAME.fullmatch(text))


def _address(text: str) -> bool:
    try:
        return not ipaddress.IPv4Address(text).is_unspecified
    except ValueError:
        return False
