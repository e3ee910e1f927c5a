"""apt's own programs are real ones on real nodes; here they say what they were asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import apt


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an apt-get writes its arguments; it fails where a package is named nosuch."""
    log = tmp_path / "log"
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" > {log}\n'
        'case "$*" in *nosuch*) echo " a : Depends: b"; echo "E: no nosuch" >&2; exit 100;; esac\n'
        "echo \"'http://x/a_1_all.deb' a_1_all.deb 3 MD5Sum:0\"\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return log


def test_on_a_host_that_has_nothing(tmp_path: Path, said: Path) -> None:
    system = apt.elsewhere(tmp_path / "apt")
    assert system.files(["a"]) == ["a_1_all.deb"]
    words = said.read_text()
    assert f"Dir::State::status={tmp_path}/apt/state/status" in words
    assert "install --yes --no-install-recommends --print-uris a" in words
    assert (tmp_path / "apt" / "state" / "status").read_text() == ""


def test_from_a_directory_alone(tmp_path: Path, said: Path) -> None:
    apt.here(tmp_path / "apt", tmp_path / "repository").install(["a"])
    words = said.read_text()
    assert f"Dir::Etc::SourceList={tmp_path}/apt/bundle.list" in words
    assert f"Dir::Etc::SourceParts={tmp_path}/apt/sources" in words
    assert (tmp_path / "apt" / "bundle.list").read_text() == f"deb [trusted=yes] file:{tmp_path}/repository ./\n"


def test_what_apt_refuses(tmp_path: Path, said: Path) -> None:
    with pytest.raises(apt.AptError, match="a : Depends: b; E: no nosuch"):
        apt.elsewhere(tmp_path / "apt").files(["nosuch"])
