from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.consul import FilterModule, consul_files, consul_token
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tokens

KEYS = {
    "consul": "gossip",
    "consul-acl": "acl-key",
    "consul-ca": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
}
# As the role's variables are, with numbers as texts where Ansible is old.
SETTINGS: dict[str, Any] = {
    "version": "1.8.7",
    "node": "node1",
    "address": "10.0.0.1",
    "server": True,
    "managers": ["10.0.0.1"],
    "expect": "1",
    "raft_multiplier": "1",
}


@pytest.mark.parametrize("server", [True, False])
def test_a_node_gets_its_own_tokens(server: bool) -> None:
    unit = {"path": "/etc/systemd/system/consul.service", "content": "x"}
    entries = consul_files({**SETTINGS, "server": server}, KEYS, "consul", [unit])
    assert entries[-1] == unit
    written = {entry["path"] for entry in entries if "secret_content" in entry}
    assert ("/etc/arpanet/tokens/management" in written) is server
    assert '"bootstrap_expect": 1' in str(entries) or not server


def test_consul_token() -> None:
    assert consul_token(KEYS, "registry") == consul_tokens.secret("acl-key", "registry")


def test_certificate() -> None:
    is_good = FilterModule().filters()["consul_certificate_good"]
    found = {"issuer": "CA 1", "days": 1000, "names": ["10.0.0.1", "server.dc1.consul"]}
    assert is_good(found, {"subject": "CA 1"}, "dc1", "10.0.0.1")
    assert not is_good(found, {"subject": "CA 1"}, "dc1", "10.0.0.2")
    assert not is_good({}, {"subject": "CA 1"}, "dc1", "10.0.0.1")


def test_names() -> None:
    assert all(callable(function) for function in FilterModule().filters().values())
