"""A node's firewall: the cluster's ports for members alone, as one nftables table that belongs to nobody else.

Nothing but these ports is ever closed, so SSH, published ports and whatever else the host serves are as
they were. The gossip's port is open, because a machine joins through it; its key is what protects it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .registry_proxy import REGISTRY_PORT

TABLE = "arpanet"

WEAVE_METRICS = 6782

# Takes the table away, whether there is one or not.
NOTHING = f"table inet {TABLE}\ndelete table inet {TABLE}\n"

# The rules run before those of others (a host's own are at 0), and accepting here decides nothing for them.
# Linux answers at each of its addresses on every interface: whoever is on the same network reaches docker0's, where
# Consul answers the containers' DNS, through any other, unless that is dropped.
_TEXT = """\
{nothing}table inet {table} {{
	set peers {{
		type ipv4_addr
		flags interval
{elements}	}}
	chain input {{
		type filter hook input priority -5; policy accept;
		iif "lo" accept
		meta iifkind != "bridge" meta l4proto {{ tcp, udp }} th dport 53 ip daddr != @peers jump dns
		ct state established,related accept
		ip saddr @peers accept
		tcp dport {{ {tcp} }} drop
		udp dport {{ {udp} }} drop
	}}
	chain dns {{
		fib daddr . iif type != local drop
	}}
	chain forward {{
		type filter hook forward priority -5; policy accept;
		ct state established,related accept
		ip daddr @peers tcp dport {{ {tcp} }} drop
		ip daddr @peers udp dport {{ {udp} }} drop
	}}
}}
"""


@dataclass(frozen=True)
class Rules:
    """Ports that are closed to all but peers, and networks that count as peers for ever."""

    tcp: tuple[int, ...]
    udp: tuple[int, ...]
    allowed: tuple[str, ...] = ()


def rules(common: Mapping[str, Any]) -> Rules:
    """From the settings of the whole cluster: `{"data_path_port", "allowed", "weave"}`.

    2377 is the swarm's control, 7946 its gossip, 8300 and 8301 Consul's servers and gossip; from 6782 to 6784 are
    Weave's, where it is used.
    """
    return Rules(
        tcp=(2377, REGISTRY_PORT, *((WEAVE_METRICS, 6783) if common.get("weave") else ()), 7946, 8300, 8301),
        udp=(int(common.get("data_path_port", 4789)), *((6783, 6784) if common.get("weave") else ()), 7946, 8301),
        allowed=tuple(common.get("allowed", ())),
    )


def problems(allowed: Iterable[str]) -> list[str]:
    """What of the networks that are let in is none."""
    found = []
    for text in allowed:
        try:
            ipaddress.IPv4Network(text)
        except ValueError as error:
            found.append(f"agent_firewall_allowed: {text} is no IPv4 address or network ({error}).")
    return found


def text(rules: Rules, peers: Iterable[str]) -> str:
    """What `nft -f` takes: the table is replaced as a whole, and no packet meets half of it."""
    networks = [ipaddress.IPv4Network(one) for one in {*peers, *rules.allowed}]
    # Intervals of one set may not overlap.
    elements = ", ".join(str(one) for one in ipaddress.collapse_addresses(networks))
    return _TEXT.format(
        nothing=NOTHING,
        table=TABLE,
        elements=f"\t\telements = {{ {elements} }}\n" if elements else "",
        tcp=", ".join(map(str, rules.tcp)),
        udp=", ".join(map(str, rules.udp)),
    )
