"""Consul's configuration by version. Read by a real Consul: tests/integration/test_consul_config.py."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tokens
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import (
    ACL,
    CA,
    CERTIFICATE,
    CONFIG,
    GOSSIP,
    Secrets,
    Settings,
    acl,
    agent,
    files,
    problems,
    secrets_of,
)

KEYS = {
    "consul": "gossip-key",
    "consul-acl": "acl-key",
    "consul-ca": "-----BEGIN EC PRIVATE KEY-----\nca-key\n-----END EC PRIVATE KEY-----\n"
    "-----BEGIN CERTIFICATE-----\nca-certificate\n-----END CERTIFICATE-----\n",
}
SERVER = Settings(
    version="1.8.7",
    node="node1",
    address="10.0.0.1",
    server=True,
    managers=("10.0.0.1", "10.0.0.2", "10.0.0.3"),
    dns_addresses=("127.0.0.1", "172.17.0.1"),
    recursors=("127.0.0.1", "9.9.9.9"),
)
CLIENT = replace(SERVER, node="node4", address="10.0.0.4", server=False)
VERSIONS = ["1.8.7", "1.9.17", "1.10.12", "1.11.11", "1.12.9", "1.13.9", "1.14.11", "1.16.6", "1.17.0", "1.22.1"]


def number(version: str) -> int:
    return int(version.split(".")[1])


def secrets(settings: Settings) -> Secrets:
    tokens = (consul_tokens.of_manager if settings.server else consul_tokens.of_worker)(KEYS["consul-acl"])
    return secrets_of(KEYS, tokens, settings.server)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", [SERVER, CLIENT], ids=["server", "client"])
def test_every_version_is_secure(version: str, kind: Settings) -> None:
    config = agent(replace(kind, version=version))
    assert config["acl"]["enabled"] is True
    assert config["acl"]["default_policy"] == "deny"
    assert config["client_addr"] == "127.0.0.1"
    assert config["auto_encrypt"] == ({"allow_tls": True} if kind.server else {"tls": True})
    if number(version) < 12:
        assert "tls" not in config
        found = config
        incoming, hostname = found["verify_incoming_rpc"], found["verify_server_hostname"]
    else:
        assert not {key for key in config if key.startswith(("verify_", "ca_", "cert_", "key_"))}
        found = config["tls"]["defaults"]
        rpc = config["tls"]["internal_rpc"]
        incoming, hostname = rpc["verify_incoming"], rpc["verify_server_hostname"]
    assert (found["ca_file"], found["verify_outgoing"], hostname) == (CA, True, True)
    # Nobody calls a client.
    assert incoming is kind.server
    assert found.get("cert_file") == found.get("key_file") == (CERTIFICATE if kind.server else None)
    # gRPC over TLS has a port of its own since 1.14, which is open unless closed.
    assert config["ports"].get("grpc_tls") == (-1 if number(version) >= 14 else None)
    assert config.get("peering") == ({"enabled": False} if number(version) >= 14 else None)


@pytest.mark.parametrize("version", VERSIONS)
def test_names_of_tokens(version: str) -> None:
    tokens = consul_tokens.of_manager("acl-key")
    used = acl(replace(SERVER, version=version), tokens)["acl"]["tokens"]
    first = "master" if number(version) < 11 else "initial_management"
    dns = "default" if number(version) < 17 else "dns"
    assert used == {"agent": tokens["agent"], dns: tokens["dns"], first: tokens["management"]}
    of_client = acl(replace(CLIENT, version=version), consul_tokens.of_worker("acl-key"))["acl"]["tokens"]
    assert set(of_client) == {"agent", dns}


def test_a_server() -> None:
    config = agent(SERVER)
    assert config["retry_join"] == ["10.0.0.2", "10.0.0.3"]
    assert config["bootstrap_expect"] == 3
    assert agent(replace(SERVER, expect=5))["bootstrap_expect"] == 5
    assert config["addresses"] == {"dns": "127.0.0.1 172.17.0.1", "https": "127.0.0.1"}
    assert config["ports"] == {"dns": 53, "http": 8500, "https": 8501, "serf_wan": -1}
    assert config["recursors"] == ["9.9.9.9"]
    assert config["autopilot"] == {"cleanup_dead_servers": False}


def test_a_client() -> None:
    config = agent(CLIENT)
    assert config["retry_join"] == [*SERVER.managers]
    assert config["ports"] == {"dns": 53, "http": 8500, "serf_wan": -1}
    assert not {"bootstrap_expect", "autopilot"} & set(config)


def test_options_win_at_any_depth() -> None:
    config = agent(replace(SERVER, options={"ports": {"serf_wan": 8302}, "log_level": "DEBUG", "telemetry": {"x": 1}}))
    assert config["ports"] == {"dns": 53, "http": 8500, "https": 8501, "serf_wan": 8302}
    assert (config["log_level"], config["telemetry"]) == ("DEBUG", {"x": 1})


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.8.0", ""),
        ("1.22.1", ""),
        ("2.0.0", ""),
        ("1.7.14", "older than 1.8"),
        ("1.19.0", "use 1.19.2"),
        ("1.19.1", "use 1.19.2"),
        ("1.19.2", ""),
        ("1.20.0", ""),
        ("", "is none"),
        ("latest", "is none"),
    ],
)
def test_problems(version: str, said: str) -> None:
    found = problems(version)
    assert (not found) if not said else (said in found[0])


def by_path(settings: Settings) -> dict[str, dict[str, Any]]:
    return {entry["path"]: entry for entry in files(settings, secrets(settings), "/opt/consul")}


def test_files_of_a_server() -> None:
    entries = by_path(SERVER)
    assert json.loads(entries[CONFIG]["content"]) == agent(SERVER)
    assert entries[CONFIG]["validate"] == "/opt/consul validate -config-format=json %s"
    assert entries[CA] == {
        "path": CA,
        "content": KEYS["consul-ca"][KEYS["consul-ca"].index("-----BEGIN CERT") :],
        "mode": "0644",
    }
    assert json.loads(entries[GOSSIP]["secret_content"]) == {"encrypt": "gossip-key"}
    assert entries["/etc/arpanet/keys"]["mode"] == entries["/etc/arpanet/tokens"]["mode"] == "0700"
    assert entries["/etc/arpanet/keys/consul-ca"]["secret_content"] == KEYS["consul-ca"]
    assert entries["/etc/arpanet/tokens/deploy"]["secret_content"] == consul_tokens.secret("acl-key", "deploy") + "\n"
    # By the name that it has on workers.
    mine = entries["/etc/arpanet/tokens/registrar"]["secret_content"]
    assert mine == consul_tokens.secret("acl-key", "leader") + "\n"


def test_files_of_a_client_have_nothing_of_the_managers() -> None:
    entries = by_path(CLIENT)
    written = "".join(entry.get("content", "") + entry.get("secret_content", "") for entry in entries.values())
    mine = consul_tokens.of_worker("acl-key")
    for purpose, token in consul_tokens.of_manager("acl-key").items():
        assert (token in written) is (purpose in mine), purpose
    assert "acl-key" not in written
    assert "ca-key" not in written
    # What it had as a manager goes, also the next keys of a rotation that broke off.
    absent = {path for path, entry in entries.items() if entry.get("state") == "absent"}
    assert absent == {
        *(f"/etc/arpanet/keys/{name}" for name in KEYS),
        *(f"/etc/arpanet/keys/{name}-next" for name in KEYS),
        *(f"/etc/arpanet/tokens/{name}" for name in ("deploy", "catalog", "management")),
        CERTIFICATE,
    }


@pytest.mark.parametrize("kind", [SERVER, CLIENT], ids=["server", "client"])
def test_secrets_are_for_one_reader_and_never_shown(kind: Settings) -> None:
    entries = by_path(kind)
    hidden = [entry for entry in entries.values() if "secret_content" in entry]
    assert {entry["mode"] for entry in hidden} == {"0600"}
    assert {path for path, entry in entries.items() if entry.get("owner") == "consul"} == {ACL, GOSSIP}
    shown = "".join(entry.get("content", "") for entry in entries.values())
    secret = [*consul_tokens.of_manager("acl-key").values(), "gossip-key", "acl-key", "ca-key"]
    assert not [text for text in secret if text in shown]
    assert not [text for text in secret if text in repr(secrets(kind))]
