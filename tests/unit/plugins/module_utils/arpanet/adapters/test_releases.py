from __future__ import annotations

import hashlib
import tarfile
import zipfile
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import releases


def packed(tmp_path: Path, kind: str) -> Path:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    archive = tmp_path / f"archive.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as out:
            out.write(program, "program")
    else:
        with tarfile.open(archive, "w:gz") as out:
            out.add(program, "program")
    return archive


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_extract(tmp_path: Path, kind: str) -> None:
    destination = tmp_path / "opt" / "1.0" / "program"
    releases.extract(packed(tmp_path, kind), "program", destination)
    assert (destination.read_text(), destination.stat().st_mode & 0o777) == ("#!/bin/sh\n", 0o755)
    assert [entry.name for entry in destination.parent.iterdir()] == ["program"]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_member_that_is_not_there(tmp_path: Path, kind: str) -> None:
    with pytest.raises(releases.ReleaseError, match="cannot take other out of archive"):
        releases.extract(packed(tmp_path, kind), "other", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_not_an_archive(tmp_path: Path) -> None:
    broken = tmp_path / "archive.zip"
    broken.write_text("<html>")
    with pytest.raises(releases.ReleaseError, match="cannot take program"):
        releases.extract(broken, "program", tmp_path / "x")


def test_verify(tmp_path: Path) -> None:
    archive = tmp_path / "a"
    archive.write_bytes(b"data")
    releases.verify(archive, f"sha256:{hashlib.sha256(b'data').hexdigest()}")
    with pytest.raises(releases.ReleaseError, match="should have"):
        releases.verify(archive, "00" * 32)


def test_fetch(tmp_path: Path) -> None:
    source = tmp_path / "source.zip"
    source.write_bytes(b"data")
    (tmp_path / "d").mkdir()
    assert releases.fetch(source.as_uri(), tmp_path / "d").read_bytes() == b"data"
    assert releases.text(source.as_uri()) == "data"
    with pytest.raises(releases.ReleaseError, match="cannot fetch"):
        releases.fetch((tmp_path / "none").as_uri(), tmp_path / "d")
