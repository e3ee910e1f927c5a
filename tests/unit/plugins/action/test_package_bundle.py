from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.action.package_bundle import examine
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import bundles
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.files import replace

TARGET = "debian-13-amd64"
INDEX = "Package: tini\nVersion: 1\nFilename: packages/tini_1_amd64.deb\nSize: 3\nSHA256: 00\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"packages/tini_1_amd64.deb": b"deb", "archives/consul.zip": b"zip", "wheels/docker.whl": b"whl"}
    for path, data in files.items():
        replace(tmp_path / TARGET / path, data)
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    sums["Packages"] = hashlib.sha256(INDEX.encode()).hexdigest()
    bundles.record(tmp_path / TARGET, INDEX, {"files": sums, "requirements": ["docker==7"]})
    return tmp_path


def test_a_bundle_that_has_everything(root: Path) -> None:
    asked = {"packages": ["tini"], "archives": ["consul.zip"], "requirements": ["docker==7"]}
    assert examine(root, TARGET, asked) == INDEX


@pytest.mark.parametrize(
    ("target", "asked", "why"),
    [
        ("debian-12-amd64", {}, r"nothing for debian-12-amd64 \(it has: debian-13-amd64\).*bundle_on=<host>"),
        (TARGET, {"packages": ["tini", "serf"]}, "does not have serf. Collect again"),
        (TARGET, {"requirements": ["docker==8"]}, "does not have docker==8"),
        (TARGET, {"archives": ["serf.zip"]}, "there is no serf.zip"),
    ],
)
def test_what_is_missing_is_named(root: Path, target: str, asked: dict[str, Any], why: str) -> None:
    with pytest.raises(bundles.BundleError, match=why):
        examine(root, target, asked)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("Packages", {}),
        ("archives/consul.zip", {"archives": ["consul.zip"]}),
        ("wheels/docker.whl", {"requirements": ["docker==7"]}),
    ],
)
def test_what_is_damaged_is_named(root: Path, path: str, asked: dict[str, Any]) -> None:
    with (root / TARGET / path).open("a") as stream:
        stream.write("x")
    with pytest.raises(bundles.BundleError, match=f"{path.rpartition('/')[2]} in the bundle .* is damaged"):
        examine(root, TARGET, asked)
