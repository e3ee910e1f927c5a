"""The cluster in a host's firewalld: one service of the name arpanet, with the ports between nodes, in the zone of the
node's address.

What runs and what is kept for the next start are two configurations there, and both have to say so. A definition is
taken over by a reload alone, which is needed when ports change, and so nearly never. To whom the ports are open is the
zone's business, and `firewall.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import firewall

SERVICE = "arpanet"
DEFINITION = f"/etc/firewalld/services/{SERVICE}.xml"

_TEXT = """\
<?xml version="1.0" encoding="utf-8"?>
<!-- Written by arpanet.cluster: changes are lost. -->
<service>
  <short>arpanet.cluster</short>
  <description>What the nodes of a cluster say to each other.</description>
{lines}</service>
"""


@dataclass(frozen=True)
class Zone:
    """What a listing says of a zone."""

    interfaces: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """`zone` is that of the node's address, `definition` the text of the file, `loaded` what firewalld has of it.

    `kept` are the zones that have the service at the next start, `open` those that have it now.
    """

    zone: str = ""
    definition: str = ""
    loaded: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """What firewall-cmd is told; without words, the definition is written, or deleted where it has no text."""

    words: tuple[str, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        if self.words:
            return f"firewall-cmd {' '.join(self.words)}"
        return f"{'write' if self.text else 'delete'} {DEFINITION}"


def ports(common: Mapping[str, Any]) -> list[str]:
    """From the settings of the whole cluster: those that the other firewall closes to strangers, and the gossip's.

    Nobody needs Weave's metrics of another node.
    """
    between = firewall.rules(common)
    gossip = int(common.get("serf_port", 7947))
    return [
        *(f"{port}/tcp" for port in sorted({*between.tcp, gossip} - {firewall.WEAVE_METRICS})),
        *(f"{port}/udp" for port in sorted({*between.udp, gossip})),
        # Of overlay networks that a stack wants encrypted, and of Weave's fast data path.
        "esp",
    ]


def definition(ports: Iterable[str]) -> str:
    """The service's file."""
    lines = []
    for one in ports:
        port, _, protocol = one.rpartition("/")
        lines.append(f'  <port port="{port}" protocol="{protocol}"/>\n' if port else f'  <protocol value="{one}"/>\n')
    return _TEXT.format(lines="".join(lines))


def loaded(info: str) -> frozenset[str]:
    """Ports and protocols, of `--info-service`."""
    values = dict(line.strip().partition(":")[::2] for line in info.splitlines())
    return frozenset(f"{values.get('ports', '')} {values.get('protocols', '')}".split())


def zones(listing: str) -> dict[str, Zone]:
    """Each zone of `--list-all-zones`."""
    found: dict[str, Zone] = {}
    for block in listing.strip().split("\n\n"):
        head, *lines = block.splitlines() or [""]
        values = dict(line.strip().partition(":")[::2] for line in lines)
        if head:
            # It may be followed by (default, active).
            found[head.split()[0]] = Zone(
                frozenset(values.get("interfaces", "").split()), frozenset(values.get("services", "").split())
            )
    return found


def zone_of(interface: str, zones: Mapping[str, Zone], default: str) -> str:
    """An interface that no zone names is in the default one."""
    return next((name for name, zone in zones.items() if interface in zone.interfaces), default)


def having(zones: Mapping[str, Zone]) -> frozenset[str]:
    """The zones that have the service."""
    return frozenset(name for name, zone in zones.items() if SERVICE in zone.services)


def plan(found: Found, ports: Sequence[str]) -> list[Step]:
    """Steps to these ports; without any, to what was there before us.

    The definition comes first and goes last: where a zone names a service that has none, firewalld starts with nothing
    of what its administrator configured.
    """
    if not ports:
        return [
            *(_service("remove", zone) for zone in sorted(found.open)),
            *(_service("remove", zone, "--permanent") for zone in sorted(found.kept)),
            *([Step()] if found.definition else []),
        ]
    steps, now = [], found.open
    text = definition(ports)
    if found.definition != text:
        steps.append(Step(text=text))
    if steps or found.loaded != frozenset(ports):
        steps.append(Step(("--reload",)))
        now = found.kept
    if found.zone not in found.kept:
        steps.append(_service("add", found.zone, "--permanent"))
    if found.zone not in now:
        steps.append(_service("add", found.zone))
    return steps


def _service(verb: str, zone: str, *first: str) -> Step:
    return Step((*first, f"--zone={zone}", f"--{verb}-service={SERVICE}"))
