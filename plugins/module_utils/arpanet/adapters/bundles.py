"""A bundle's directory, and the tar archives that its files travel in."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from ..core import package_bundle
from ..core.package_bundle import ARCHIVES, INDEX, MANIFEST, PACKAGES, WHEELS, is_place
from .files import file_digest, replace


class BundleError(Exception):
    """A bundle lacks something or is damaged; the message says what and what to do."""


def files(directory: Path) -> dict[str, str]:
    """Path to SHA-256 of the files that a bundle's directory has."""
    found = {}
    for name in (PACKAGES, ARCHIVES, WHEELS):
        for path in (directory / name).glob("*"):
            if path.is_file() and not path.name.startswith("."):
                found[f"{name}/{path.name}"] = file_digest(path)
    return found


def manifest(directory: Path) -> dict[str, Any]:
    """bundle.json; empty where there is none."""
    path = directory / MANIFEST
    try:
        return package_bundle.manifest(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read: {error}. Delete it and collect again with bundle.yml.") from error


def verify(directory: Path, paths: Iterable[str]) -> None:
    """Compare files with the bundle's list; BundleError names the first that is missing or different."""
    listed = manifest(directory).get("files", {})
    for path in paths:
        what = f"{path.rpartition('/')[2]} in the bundle {directory}"
        if path not in listed:
            raise BundleError(f"there is no {what}. Collect again with bundle.yml and the variables of this run.")
        try:
            found = file_digest(directory / path)
        except OSError as error:
            why = error.strerror or error
            raise BundleError(f"{what} cannot be read ({why}). Collect again with bundle.yml.") from error
        if found != listed[path]:
            raise BundleError(
                f"{what} is damaged: its SHA-256 checksum is {found} and should be {listed[path]}. "
                "Copy it again, or collect again with bundle.yml."
            )


def pack(directory: Path, paths: Iterable[str], stream: IO[bytes]) -> None:
    """Put files of a directory into a tar archive; packages are compressed already."""
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path in paths:
            archive.add(directory / path, arcname=path, recursive=False)


def unpack(archive: Path, directory: Path, expected: Mapping[str, str]) -> None:
    """Take files out of an archive, each whole or not at all, and compare them with their checksums."""
    with tarfile.open(archive) as packed:
        for entry in packed:
            source = packed.extractfile(entry) if entry.isfile() and is_place(entry.name) else None
            if source is None or entry.name not in expected:
                raise BundleError(f"{entry.name} has no place in a bundle")
            replace(directory / entry.name, source.read())
            found = file_digest(directory / entry.name)
            if found != expected[entry.name]:
                (directory / entry.name).unlink()
                raise BundleError(f"{entry.name} arrived damaged: its SHA-256 checksum is {found}. Run the same again.")


def record(directory: Path, index: str, listed: Mapping[str, Any]) -> bool:
    """Write the index, the list of files last, and delete what is in neither; whether anything changed."""
    wanted = {INDEX: index, MANIFEST: json.dumps(listed, indent=1, sort_keys=True) + "\n"}
    changed = False
    for name, text in wanted.items():
        path = directory / name
        if not path.exists() or path.read_text() != text:
            replace(path, text.encode())
            changed = True
    for path in [path for name in (PACKAGES, ARCHIVES, WHEELS) for path in (directory / name).glob("*")]:
        if f"{path.parent.name}/{path.name}" not in listed["files"]:
            path.unlink()
            changed = True
    return changed
