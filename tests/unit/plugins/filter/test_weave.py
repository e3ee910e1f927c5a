"""Weave's bundle on the controller: what is wrong with it is said before any node is asked."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.weave import plugin_bundle, plugin_bundle_problems

ARCHIVE = b"the plugin's files"
DIGEST = hashlib.sha256(ARCHIVE).hexdigest()
CONFIG = {"interface": {"socket": "weave.sock"}, "entrypoint": ["/home/weave/launch.sh"]}
OTHER = "0" * 64


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "rootfs.tar.gz").write_bytes(ARCHIVE)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "SHA256SUMS").write_text(f"{OTHER}  config.json\n{DIGEST}  rootfs.tar.gz\n")
    return tmp_path


@pytest.mark.parametrize("checksum", ["", DIGEST, f"sha256:{DIGEST.upper()}"])
def test_a_whole_bundle(bundle: Path, checksum: str) -> None:
    assert plugin_bundle_problems(str(bundle), checksum) == []
    assert plugin_bundle(str(bundle), checksum) == {
        "name": "rootfs.tar.gz",
        "path": f"{bundle}/rootfs.tar.gz",
        "checksum": f"sha256:{DIGEST}",
        "config": CONFIG,
    }


def test_without_a_bundle_nothing_is_wrong() -> None:
    assert (plugin_bundle_problems(""), plugin_bundle("")) == ([], {})


ONE_ARCHIVE = "it has to have one of rootfs.tar.gz, rootfs.tar.xz, rootfs.tar, and a config.json"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("rootfs.tar.gz", None, ONE_ARCHIVE),
        ("rootfs.tar.xz", "a second one", ONE_ARCHIVE),
        ("config.json", None, "config.json"),
        ("config.json", "{", "Expecting property name"),
        ("config.json", "{}", "config.json is no plugin's configuration: it has no interface or no entrypoint"),
        ("SHA256SUMS", None, "it has no SHA256SUMS; set weave_checksum to sha256:<hex> of its archive"),
        ("SHA256SUMS", f"{DIGEST}  rootfs.tar\n", "rootfs.tar.gz is not in the list of checksums"),
        ("SHA256SUMS", "?  rootfs.tar.gz\n", "'?' is not a SHA-256 checksum"),
    ],
)
def test_a_bundle_that_is_not_whole(bundle: Path, file: str, text: str | None, said: str) -> None:
    (bundle / file).unlink(missing_ok=True)
    if text is not None:
        (bundle / file).write_text(text)
    (problem,) = plugin_bundle_problems(str(bundle))
    assert problem.startswith(f"weave_bundle {bundle}: ")
    assert said in problem
    assert plugin_bundle(str(bundle)) == {}


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert plugin_bundle_problems(f"{tmp_path}/none") == [f"weave_bundle {tmp_path}/none: {ONE_ARCHIVE}"]


@pytest.mark.parametrize("checksum", [OTHER, ""])
def test_another_archive_than_somebody_says(bundle: Path, checksum: str) -> None:
    wanted = f"weave_bundle: {bundle}/rootfs.tar.gz has the checksum sha256:{{}}, not sha256:{{}}. Fetch it again."
    if not checksum:
        (bundle / "SHA256SUMS").write_text(f"{OTHER}  rootfs.tar.gz\n")
    assert plugin_bundle_problems(str(bundle), checksum) == [wanted.format(DIGEST, OTHER)]
    assert plugin_bundle(str(bundle), checksum) == {}


def test_an_archive_that_has_changed_since_is_read_again(bundle: Path) -> None:
    """Templates ask again and again in one run: a digest is kept as long as the file is the same."""
    assert plugin_bundle_problems(str(bundle)) == []
    (bundle / "rootfs.tar.gz").write_bytes(b"torn")
    os.utime(bundle / "rootfs.tar.gz", ns=(1, 1))
    assert "Fetch it again." in plugin_bundle_problems(str(bundle))[0]
