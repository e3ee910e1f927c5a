"""Consul's configuration files, written for the version that reads them.

From 1.8 to 1.22: TLS has a section of its own since 1.12, the first token is called
`initial_management` since 1.11, gRPC over TLS has a port since 1.14 (closed here, as nobody uses it),
and DNS a token of its own since 1.17. Before that, DNS answers with the `default` token, which is
also that of whoever asks the API without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import consul_tls
from .consul_tokens import MANAGEMENT
from .files import json_text, merged

OLDEST = (1, 8)

DIRECTORY = "/etc/consul.d"
CONFIG = f"{DIRECTORY}/arpanet.json"
GOSSIP = f"{DIRECTORY}/gossip.json"
ACL = f"{DIRECTORY}/acl.json"
CA = f"{DIRECTORY}/tls/ca.pem"
CERTIFICATE = f"{DIRECTORY}/tls/server.pem"
KEYS = "/etc/arpanet/keys"
TOKENS = "/etc/arpanet/tokens"

GOSSIP_KEY, ACL_KEY, CA_KEY = "consul", "consul-acl", "consul-ca"
KEY_NAMES = (GOSSIP_KEY, ACL_KEY, CA_KEY)

# Tokens that have a file, for programs that are told its path, by its name. The node agent's has one name everywhere,
# so that an agent whose node changes roles goes on: what it reads next is what it may do from then on.
FILES_OF_WORKERS: Mapping[str, str] = {"agent": "agent", "registrar": "registrar"}
FILES_OF_MANAGERS: Mapping[str, str] = {
    "agent": "agent",
    "registrar": "leader",
    **{purpose: purpose for purpose in ("deploy", "catalog", MANAGEMENT)},
}

USER = "consul"


@dataclass(frozen=True)
class Settings:
    """What is not secret. `managers` are the addresses of all servers, `options` win over everything."""

    version: str
    node: str
    address: str
    server: bool
    managers: Sequence[str]
    datacenter: str = "dc1"
    dns_addresses: Sequence[str] = ("127.0.0.1",)
    https_addresses: Sequence[str] = ("127.0.0.1",)
    recursors: Sequence[str] = ()
    raft_multiplier: int = 1
    log_level: str = "INFO"
    # Of all servers, those without a known address included.
    expect: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Secrets:
    """What a node has to keep. `ca` is the CA's certificate, which is public; `tokens` are by purpose.

    `keys` are the cluster's own by name, on managers alone.
    """

    gossip: str = field(repr=False)
    ca: str
    tokens: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


def problems(version: str) -> list[str]:
    """Why no configuration can be written for this version."""
    numbers = _numbers(version)
    if len(numbers) < 2:
        return [f"Consul's version {version!r} is none: write it as 1.22.1."]
    if numbers < OLDEST:
        return [f"Consul {version} is older than {'.'.join(map(str, OLDEST))}, the oldest that is supported."]
    if numbers[:2] == (1, 19) and numbers < (1, 19, 2):
        # A rewritten DNS server, which 1.19.2 took out again, loses tags and takes none with a dot (its release notes).
        return [f"Consul {version} answers for 1.pricing.abc with any service of abc: use 1.19.2 or another release."]
    return []


def agent(settings: Settings) -> dict[str, Any]:
    """The public part."""
    version = _numbers(settings.version)
    config: dict[str, Any] = {
        "node_name": settings.node,
        "datacenter": settings.datacenter,
        "data_dir": "/var/lib/consul",
        "server": settings.server,
        "bind_addr": settings.address,
        "advertise_addr": settings.address,
        "client_addr": "127.0.0.1",
        "addresses": {"dns": " ".join(settings.dns_addresses)},
        "ports": {"dns": 53, "http": 8500, "serf_wan": -1},
        # Consul leaves retry_join at the first address that answers, so a node never names itself.
        "retry_join": [address for address in settings.managers if address != settings.address],
        "retry_interval": "2s",
        "recursors": [address for address in settings.recursors if address not in settings.dns_addresses],
        "dns_config": {
            "allow_stale": True,
            "enable_truncate": True,
            "only_passing": True,
            "service_ttl": {"*": "0s"},
            "udp_answer_limit": 100,
        },
        "performance": {"raft_multiplier": settings.raft_multiplier},
        "acl": {
            "enabled": True,
            "default_policy": "deny",
            "down_policy": "extend-cache",
            # Whoever may not list keys is told so, in place of being shown that there are none.
            "enable_key_list_policy": True,
        },
        # A node that is switched off is expected back; only `consul leave` takes it out.
        "leave_on_terminate": False,
        "skip_leave_on_interrupt": True,
        "rejoin_after_leave": True,
        "disable_update_check": True,
        "enable_script_checks": False,
        "enable_local_script_checks": False,
        "log_level": settings.log_level,
    }
    if settings.server:
        config["bootstrap_expect"] = settings.expect or len(settings.managers)
        # A server that is down stays one of the majority's whole: who counts what a majority is must
        # not find that it has changed by itself.
        config["autopilot"] = {"cleanup_dead_servers": False}
        config["addresses"]["https"] = " ".join(settings.https_addresses)
        config["ports"]["https"] = 8501
    # Clients have their certificates from the servers, and need nothing but the CA's.
    config["auto_encrypt"] = {"allow_tls": True} if settings.server else {"tls": True}
    if version >= (1, 14):
        config["ports"]["grpc_tls"] = -1
        config["peering"] = {"enabled": False}
    return merged({**config, **_tls(version, settings.server)}, settings.options)


def _tls(version: tuple[int, ...], server: bool) -> dict[str, Any]:
    files: dict[str, Any] = {"ca_file": CA}
    if server:
        # One file holds both, so that they can only change together.
        files |= {"cert_file": CERTIFICATE, "key_file": CERTIFICATE}
    if version >= (1, 12):
        return {
            "tls": {
                "defaults": {**files, "verify_outgoing": True},
                "internal_rpc": {"verify_incoming": server, "verify_server_hostname": True},
            }
        }
    return {**files, "verify_incoming_rpc": server, "verify_outgoing": True, "verify_server_hostname": True}


def acl(settings: Settings, tokens: Mapping[str, str]) -> dict[str, Any]:
    """The secret part: the tokens that Consul itself uses."""
    version = _numbers(settings.version)
    used = {"agent": tokens["agent"], "dns" if version >= (1, 17) else "default": tokens["dns"]}
    if settings.server:
        used["initial_management" if version >= (1, 11) else "master"] = tokens[MANAGEMENT]
    return {"acl": {"tokens": used}}


def files(settings: Settings, secrets: Secrets, program: str = "consul") -> list[dict[str, Any]]:
    """Every file of Consul on this node but its unit and the servers' certificates, as the module `files`
    takes them. `program` checks the configuration before it is put in place."""
    tokens = FILES_OF_MANAGERS if settings.server else FILES_OF_WORKERS
    others = FILES_OF_MANAGERS.keys() - tokens.keys()
    entries: list[dict[str, Any]] = [
        _directory(DIRECTORY, "0755"),
        _directory(f"{DIRECTORY}/tls", "0755"),
        {"path": CA, "content": secrets.ca, "mode": "0644"},
        {
            "path": CONFIG,
            "content": json_text(agent(settings)),
            "mode": "0644",
            "validate": f"{program} validate -config-format=json %s",
        },
        _secret(GOSSIP, json_text({"encrypt": secrets.gossip}), USER),
        _secret(ACL, json_text(acl(settings, secrets.tokens)), USER),
        _directory("/etc/arpanet", "0755"),
        _directory(TOKENS, "0700"),
        *(_secret(f"{TOKENS}/{name}", f"{secrets.tokens[purpose]}\n") for name, purpose in tokens.items()),
        *(_absent(f"{TOKENS}/{name}") for name in sorted(others)),
    ]
    if settings.server:
        entries.append(_directory(KEYS, "0700"))
        entries += [_secret(f"{KEYS}/{name}", f"{secrets.keys[name].strip()}\n") for name in KEY_NAMES]
    else:
        # A manager that became a worker, maybe while a rotation had broken off.
        entries += [_absent(f"{KEYS}/{name}{end}") for name in KEY_NAMES for end in ("", "-next")]
        entries.append(_absent(CERTIFICATE))
    return entries


def secrets_of(keys: Mapping[str, str], tokens: Mapping[str, str], server: bool) -> Secrets:
    """A node's secrets from the cluster's keys."""
    return Secrets(
        gossip=keys[GOSSIP_KEY],
        ca=consul_tls.trusted(keys[CA_KEY]),
        tokens=tokens,
        keys=keys if server else {},
    )


def _directory(path: str, mode: str) -> dict[str, Any]:
    return {"path": path, "state": "directory", "mode": mode}


def _absent(path: str) -> dict[str, Any]:
    return {"path": path, "state": "absent"}


def _secret(path: str, text: str, owner: str = "root") -> dict[str, Any]:
    return {"path": path, "secret_content": text, "mode": "0600", "owner": owner}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
