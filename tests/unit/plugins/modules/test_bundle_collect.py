from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import apt, bundles, releases
from ansible_collections.arpanet.cluster.plugins.modules import bundle_collect

Run = Callable[..., dict[str, Any]]
DEB = hashlib.sha256(b"deb").hexdigest()
ZIP = hashlib.sha256(b"zip").hexdigest()


class Sources:
    """What apt would fetch from sources that have one package."""

    def update(self) -> None:
        pass

    def files(self, packages: Iterable[str]) -> list[str]:
        if "nosuch" in packages:
            raise apt.AptError("E: Unable to locate package nosuch")
        return ["tini_1_all.deb"]

    def show(self, pairs: Iterable[str]) -> str:
        return f"Package: tini\nVersion: 1\nSize: 3\nSHA256: {DEB}\n"

    def download(self, pairs: Iterable[str], directory: Path) -> None:
        assert list(pairs) == ["tini=1"]
        (directory / "tini_1_all.deb").write_bytes(b"deb")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    def fetch(url: str, directory: Path) -> Path:
        path = directory / url.rpartition("/")[2]
        path.write_bytes(b"zip")
        return path

    monkeypatch.setattr(bundle_collect.apt, "elsewhere", lambda root: Sources())
    monkeypatch.setattr(releases, "fetch", fetch)
    archives = [{"url": "http://mirror.example/consul.zip", "checksum": ZIP}]
    return {
        "bundle": str(tmp_path),
        "target": "debian-13-amd64",
        "packages": ["tini"],
        "archives": archives,
        "archive": str(tmp_path / "sent.tar"),
    }


def test_only_what_is_not_there_is_fetched(run: Run, asked: dict[str, Any], tmp_path: Path) -> None:
    assert run("bundle_collect", asked, check=True)["changed"]
    assert not (tmp_path / "sent.tar").exists()
    first = run("bundle_collect", asked)
    assert first["fetched"] == ["archives/consul.zip", "packages/tini_1_all.deb"]
    bundles.unpack(tmp_path / "sent.tar", tmp_path / "kept", first["listed"]["files"])
    have = bundles.files(tmp_path / "kept")
    again = run("bundle_collect", {**asked, "have": have, "listed": first["listed"]})
    assert again["fetched"] == []
    assert not again["changed"]
    half = run("bundle_collect", {**asked, "have": {**have, "packages/tini_1_all.deb": "damaged"}})
    assert half["fetched"] == ["packages/tini_1_all.deb"]


def test_what_the_sources_do_not_have(run: Run, asked: dict[str, Any]) -> None:
    refused = run("bundle_collect", {**asked, "packages": ["nosuch"]})
    assert "Unable to locate package nosuch" in refused["msg"]
    assert "package sources must have" in refused["msg"]


def test_an_archive_that_is_another(run: Run, asked: dict[str, Any]) -> None:
    archives = [{"url": "http://mirror.example/consul.zip", "checksum": DEB}]
    assert "should have" in run("bundle_collect", {**asked, "archives": archives})["msg"]


def test_only_through_the_action(run: Run) -> None:
    assert "action plugin" in run("bundle_collect", {"bundle": "/b", "target": "t"})["msg"]
    assert "action plugin" in run("package_bundle", {"bundle": "/b", "target": "t"})["msg"]
