"""The Python package as one archive whose bytes, and so whose name, depend on its content alone."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

_VERSION = re.compile(r"^version:\s*[\"']?([0-9][^\s\"']*)", re.MULTILINE)


@dataclass(frozen=True)
class Bundle:
    """``name`` is `<version>-<content hash>`, ``data`` a gzipped tar archive."""

    name: str
    data: bytes


def name(version: str, files: Mapping[str, bytes]) -> str:
    """`<version>-<content hash>` of files, by their path in the archive."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path}\0{len(files[path])}\0".encode())
        total.update(files[path])
    return f"{version}-{total.hexdigest()[:12]}"


def bundle(version: str, files: Mapping[str, bytes]) -> Bundle:
    """Pack files, by their path in the archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(files[path]))
    return Bundle(name(version, files), buffer.getvalue())


def galaxy_version(galaxy_yml: str) -> str:
    """The version that a galaxy.yml declares; `0` where it declares none."""
    match = _VERSION.search(galaxy_yml)
    return match.group(1) if match else "0"


def outdated(releases: Mapping[str, float], current: str, keep: int) -> list[str]:
    """Releases to delete: all but the current one and the newest others. Values are times."""
    others = sorted((name for name in releases if name != current), key=lambda name: releases[name], reverse=True)
    return others[keep:]
