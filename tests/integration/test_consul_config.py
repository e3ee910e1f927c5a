"""A real Consul reads its configuration, and its certificates are what they should be."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.host import program_version
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tls, consul_tokens
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import Settings, acl, agent

from lab import consul

SERVER = Settings("", "node1", "127.0.0.1", server=True, managers=("127.0.0.1", "10.0.0.2", "10.0.0.3"))


@pytest.fixture(scope="module")
def program() -> Path:
    return consul.binary()


@pytest.mark.parametrize("server", [True, False])
def test_consul_takes_its_own_versions_configuration(program: Path, tmp_path: Path, server: bool) -> None:
    version = program_version(str(program))
    assert version
    settings = replace(SERVER, version=version, server=server, options={"data_dir": str(tmp_path)})
    (tmp_path / "arpanet.json").write_text(json.dumps(agent(settings)))
    (tmp_path / "acl.json").write_text(json.dumps(acl(settings, consul_tokens.of_manager("key"))))
    done = subprocess.run([program, "validate", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ca(program: Path) -> str:
    return cluster_keys.make_ca(str(program))


def test_a_certificate_is_of_its_ca(program: Path, ca: str, tmp_path: Path) -> None:
    made = cluster_keys.make_certificate(str(program), ca, "dc1", "10.0.0.1")
    found, authority = cluster_keys.decoded_text(made), cluster_keys.decoded_text(ca)
    assert found["issuer"] == authority["subject"] == authority["issuer"]
    assert consul_tls.good(found, authority, ["server.dc1.consul", "10.0.0.1", "127.0.0.1"])
    other = cluster_keys.decoded_text(cluster_keys.make_ca(str(program)))
    assert not consul_tls.good(found, other, ["server.dc1.consul"])
    assert authority["days"] in (consul_tls.CA_DAYS - 1, consul_tls.CA_DAYS)
    if not shutil.which("openssl"):
        pytest.skip("no openssl here to ask what it thinks")
    (tmp_path / "ca.pem").write_text(consul_tls.certificate(ca))
    (tmp_path / "server.pem").write_text(made)
    words = ["openssl", "verify", "-CAfile", str(tmp_path / "ca.pem"), str(tmp_path / "server.pem")]
    assert "OK" in subprocess.run(words, capture_output=True, text=True, check=True).stdout
