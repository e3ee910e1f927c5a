"""What a worker that joins has to have: the same files that site.yml writes, from what a manager gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import consul_config, registry_proxy, serf_config
from .files import Wanted, json_text, wanted
from .join import Pin, Welcome

KEYRING = "/var/lib/serf/keyring.json"
SERF_CONFIG = "/etc/serf/arpanet.json"
# Says that this machine has joined, and which cluster.
CLUSTER = "/etc/arpanet/cluster.json"
FIREWALL_CONFIG = "/etc/arpanet/firewall.json"

SERF, CONSUL = "serf.service", "consul.service"
PROXY, AGENT = "arpanet-registry-proxy.service", "arpanet-agent.service"
FIREWALL = "arpanet-firewall.service"

# In the settings of the whole cluster it stands for the address of each node's own docker0.
DOCKER0 = "docker0"

# What Serf takes over while it runs, or reads at its first start only.
_SERF_RELOADS = {"log_level", "retry_interval", "retry_join"}


@dataclass(frozen=True)
class Machine:
    """The joiner: what differs from node to node."""

    name: str
    address: str
    docker0: str
    recursors: Sequence[str]
    consul_version: str


def serf_files(machine: Machine, managers: Sequence[str], common: Mapping[str, Any], key: str | None) -> list[Wanted]:
    """Serf's own. With a key (base64) its keyring is written anew; without one it stays as it is."""
    config = serf_config.config(machine.name, machine.address, managers, common)
    entries: list[dict[str, Any]] = [
        {"path": "/etc/serf", "state": "directory", "mode": "0755"},
        {"path": SERF_CONFIG, "content": json_text(config), "mode": "0644"},
        {"path": "/var/lib/serf", "state": "directory", "mode": "0700", "owner": "serf", "group": "serf"},
    ]
    if key is not None:
        ring = {"path": KEYRING, "secret_content": json_text([key]), "mode": "0600", "owner": "serf", "group": "serf"}
        entries.append(ring)
    return [wanted(entry) for entry in entries]


def files(machine: Machine, welcome: Welcome) -> dict[str, list[Wanted]]:
    """Each unit, in the order in which they start, to the files that it reads."""
    managers = sorted(welcome.managers)
    common = welcome.settings
    own = {"node": machine.name, "address": machine.address}
    agent = {"token_file": f"{consul_config.TOKENS}/registrar", "tags": {}, **own, **common.get("agent", {})}
    etc = {"path": "/etc/arpanet", "state": "directory", "mode": "0755"}
    return {
        SERF: serf_files(machine, managers, common.get("serf", {}), None),
        CONSUL: [wanted(etc), *(wanted(entry) for entry in _consul(machine, managers, welcome))],
        PROXY: [
            wanted(
                {
                    "path": "/etc/arpanet/registry-proxy.cfg",
                    "content": registry_proxy.config(managers),
                    "mode": "0644",
                    "validate": "haproxy -c -q -f %s",
                }
            )
        ],
        AGENT: [wanted({"path": "/etc/arpanet/agent.json", "content": json_text(agent), "mode": "0644"})],
        **(
            {FIREWALL: [wanted({"path": FIREWALL_CONFIG, "content": json_text(common["firewall"]), "mode": "0644"})]}
            if "firewall" in common
            else {}
        ),
    }


def _consul(machine: Machine, managers: Sequence[str], welcome: Welcome) -> list[dict[str, Any]]:
    common = dict(welcome.settings.get("consul", {}))
    own = {DOCKER0: machine.docker0}
    listens = tuple(own.get(one, one) for one in common.pop("dns_addresses", ("127.0.0.1", DOCKER0)))
    recursors = common.pop("recursors", None)
    settings = consul_config.Settings(
        version=machine.consul_version,
        node=machine.name,
        address=machine.address,
        server=False,
        managers=tuple(managers),
        dns_addresses=listens,
        recursors=tuple(machine.recursors if recursors is None else recursors),
        **common,
    )
    return consul_config.files(settings, consul_config.Secrets(**welcome.consul))


def marker(cluster: Pin) -> Wanted:
    """The file that says which cluster this machine has joined."""
    text = json_text({"cluster": cluster.cluster, "ca": cluster.ca})
    return wanted({"path": CLUSTER, "content": text, "mode": "0644"})


def serf_reloads(keys: Sequence[str] | None) -> bool:
    """Is a reload enough for a configuration that differs in these keys?"""
    return keys is not None and set(keys) <= _SERF_RELOADS
