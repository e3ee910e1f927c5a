"""The consul program is a stand-in here that copies a CA and a certificate; tests/integration has the real one."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.cluster_keys import KeyFileError

PEM = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n"
CA = PEM.format("EC PRIVATE KEY", "a2V5") + PEM.format("CERTIFICATE", "Y2VydA==")

# Leaves what `consul tls` does, and writes down how it was called.
STAND_IN = """#!/bin/sh
echo "$@" > {log}
[ "$2" = refuse ] && {{ echo "cannot" >&2; exit 3; }}
printf -- '-----BEGIN EC PRIVATE KEY-----\\nnew\\n-----END EC PRIVATE KEY-----\\n' > x-key.pem
printf -- '-----BEGIN CERTIFICATE-----\\nnew\\n-----END CERTIFICATE-----\\n' > x.pem
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cluster_keys, "_SCRATCH", str(tmp_path))
    path = tmp_path / "consul"
    path.write_text(STAND_IN.format(log=tmp_path / "log"))
    path.chmod(0o755)
    return path


def test_written_once_and_read_back(tmp_path: Path) -> None:
    keys = str(tmp_path / "keys")
    assert cluster_keys.read("consul", keys) == ""
    cluster_keys.write("consul", "text\n", keys)
    assert cluster_keys.read("consul", keys) == "text"
    path = tmp_path / "keys" / "consul"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with pytest.raises(FileExistsError):
        cluster_keys.write("consul", "another", keys)
    assert [one.name for one in path.parent.iterdir()] == ["consul"]
    path.write_text("\n")
    with pytest.raises(KeyFileError, match=r"keys/consul is empty; put the key there that the other managers have"):
        cluster_keys.read("consul", keys)


def test_random_key() -> None:
    assert len(base64.b64decode(cluster_keys.random_key())) == 32
    assert cluster_keys.random_key() != cluster_keys.random_key()


def test_a_ca_is_one_text(program: Path) -> None:
    made = cluster_keys.make_ca(str(program))
    assert made == PEM.format("EC PRIVATE KEY", "new") + PEM.format("CERTIFICATE", "new")
    assert (program.parent / "log").read_text() == "tls ca create -days=3650\n"


def test_a_certificate_has_names_and_no_key_is_on_the_command_line(program: Path) -> None:
    made = cluster_keys.make_certificate(str(program), CA, "dc1", "10.0.0.1")
    assert made == PEM.format("CERTIFICATE", "new") + PEM.format("EC PRIVATE KEY", "new")
    said = (program.parent / "log").read_text()
    assert "-server -ca=ca.pem -key=ca.key -dc=dc1 -additional-ipaddress=10.0.0.1" in said
    # Nothing stays behind.
    assert sorted(path.name for path in program.parent.iterdir()) == ["consul", "log"]


def test_a_program_that_refuses_or_is_not_there(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyFileError, match=r"tls refuse x failed: cannot"):
        cluster_keys._consul(str(program), str(program.parent), "refuse", "x")
    with pytest.raises(KeyFileError, match=r"/nowhere/consul does not run: No such file"):
        cluster_keys.make_ca("/nowhere/consul")


def test_no_certificate_or_one_that_is_none(tmp_path: Path, program: Path) -> None:
    assert cluster_keys.decoded(str(tmp_path / "none.pem")) == {}
    (tmp_path / "bad.pem").write_text(CA)
    assert cluster_keys.decoded(str(tmp_path / "bad.pem")) == {}
    assert cluster_keys.decoded_text(CA) == {}
