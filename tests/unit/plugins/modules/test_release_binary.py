from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def release(tmp_path: Path) -> dict[str, Any]:
    archive = tmp_path / "tool_1.0_linux_amd64.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("tool", "#!/bin/sh\n")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (tmp_path / "SUMS").write_text(f"{digest}  {archive.name}\n")
    return {
        "url": archive.as_uri(),
        "checksum": f"sha256:{digest}",
        "member": "tool",
        "dest": str(tmp_path / "opt" / "1.0" / "tool"),
        "link": str(tmp_path / "tool"),
    }


def test_run_twice(run: Run, release: dict[str, Any], tmp_path: Path) -> None:
    assert run("release_binary", release, check=True)["changed"]
    assert not (tmp_path / "opt").exists()
    done = run("release_binary", release)
    assert (done["changed"], done["fetched"]) == (True, True)
    assert (tmp_path / "tool").read_text() == "#!/bin/sh\n"
    assert not run("release_binary", release)["changed"]


def test_back_to_an_older_version_fetches_nothing(run: Run, release: dict[str, Any], tmp_path: Path) -> None:
    run("release_binary", release)
    (tmp_path / "tool").unlink()
    (tmp_path / "tool").symlink_to("/elsewhere")
    result = run("release_binary", {**release, "url": "file:///none.zip"})
    assert (result["changed"], result["fetched"]) == (True, False)


@pytest.mark.parametrize("source", ["url", "src"])
def test_list_of_checksums(run: Run, release: dict[str, Any], tmp_path: Path, source: str) -> None:
    url = release.pop("url")
    release.pop("checksum")
    release[source] = url if source == "url" else url.removeprefix("file://")
    assert run("release_binary", {**release, "checksums_url": (tmp_path / "SUMS").as_uri()})["fetched"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"checksum": "sha256:" + "0" * 64}, "nothing of it was used"),
        ({"checksum": ""}, "never trusted blindly"),
        ({"checksum": "nonsense"}, "not a SHA-256"),
        ({"url": "file:///none.zip"}, "cannot fetch"),
        ({"member": "other"}, "cannot take other"),
    ],
)
def test_refused(run: Run, release: dict[str, Any], tmp_path: Path, changed: dict[str, str], message: str) -> None:
    result = run("release_binary", {**release, **changed})
    assert result["failed"]
    assert message in result["msg"]
    assert not (tmp_path / "tool").exists()
