from __future__ import annotations

import io
import tarfile

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.bundle import (
    bundle,
    galaxy_version,
    outdated,
)

FILES = {"arpanet/a.py": b"a", "arpanet/b.py": b"b"}


def test_name_depends_on_content_alone() -> None:
    first = bundle("1.0", FILES)
    assert bundle("1.0", dict(reversed(FILES.items()))).name == first.name
    assert bundle("1.0", {**FILES, "arpanet/b.py": b"c"}).name != first.name
    assert bundle("1.0", {"arpanet/ab.py": b"", **FILES}).name != first.name
    assert first.name.startswith("1.0-")


def test_archive_holds_the_files() -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle("1", FILES).data)) as archive:
        found = {entry.name: archive.extractfile(entry).read() for entry in archive}
    assert found == FILES


@pytest.mark.parametrize(
    ("text", "version"),
    [("name: x\nversion: 0.1.0\n", "0.1.0"), ('version: "2.0.0-rc1"\n', "2.0.0-rc1"), ("name: x\n", "0")],
)
def test_galaxy_version(text: str, version: str) -> None:
    assert galaxy_version(text) == version


def test_outdated() -> None:
    releases = {"a": 1.0, "b": 2.0, "c": 3.0, "now": 0.0}
    assert outdated(releases, "now", 2) == ["a"]
    assert outdated(releases, "now", 0) == ["c", "b", "a"]
    assert outdated({"now": 1.0}, "now", 2) == []
