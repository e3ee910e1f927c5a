from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import bundles
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.files import replace

FILE = "packages/a_1_all.deb"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    directory = tmp_path / "bundle"
    replace(directory / FILE, b"one")
    bundles.record(directory, "", {"files": {FILE: sha256(b"one")}})
    return directory


def test_written_once_and_what_is_not_listed_goes(bundle: Path) -> None:
    listed = {"files": {FILE: sha256(b"one")}}
    assert not bundles.record(bundle, "", listed)
    (bundle / "packages" / "old_1_all.deb").touch()
    (bundle / "packages" / ".half.new").touch()
    assert bundles.record(bundle, "", listed)
    assert [path.name for path in (bundle / "packages").iterdir()] == ["a_1_all.deb"]
    assert bundles.files(bundle) == listed["files"]
    assert bundles.manifest(bundle)["files"] == listed["files"]


def test_files_travel(bundle: Path, tmp_path: Path) -> None:
    with (tmp_path / "packed.tar").open("wb") as stream:
        bundles.pack(bundle, [FILE], stream)
    bundles.unpack(tmp_path / "packed.tar", tmp_path / "there", {FILE: sha256(b"one")})
    assert (tmp_path / "there" / FILE).read_bytes() == b"one"
    with pytest.raises(bundles.BundleError, match="arrived damaged"):
        bundles.unpack(tmp_path / "packed.tar", tmp_path / "there", {FILE: sha256(b"two")})
    assert not (tmp_path / "there" / FILE).exists()


@pytest.mark.parametrize("name", ["../packages/a", "packages/b_1_all.deb", "/packages/a"])
def test_nothing_else_is_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with tarfile.open(tmp_path / "packed.tar", "w") as archive:
        archive.add(tmp_path / "file", arcname=name)
    with pytest.raises(bundles.BundleError, match="no place in a bundle"):
        bundles.unpack(tmp_path / "packed.tar", tmp_path / "there", {FILE: ""})


def test_damage_is_named(bundle: Path) -> None:
    bundles.verify(bundle, [FILE])
    (bundle / FILE).write_bytes(b"two")
    with pytest.raises(bundles.BundleError, match=r"a_1_all.deb in the bundle .* is damaged.*Copy it again"):
        bundles.verify(bundle, [FILE])
    (bundle / FILE).unlink()
    with pytest.raises(bundles.BundleError, match="cannot be read"):
        bundles.verify(bundle, [FILE])
    with pytest.raises(bundles.BundleError, match=r"there is no b\.zip"):
        bundles.verify(bundle, ["archives/b.zip"])


def test_a_list_that_cannot_be_read(bundle: Path) -> None:
    assert bundles.manifest(bundle / "nowhere") == {}
    (bundle / "bundle.json").write_text(json.dumps({"files": 7}))
    with pytest.raises(bundles.BundleError, match=r"Delete it and collect again with bundle.yml"):
        bundles.manifest(bundle)
