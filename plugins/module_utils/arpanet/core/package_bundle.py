"""Bundles of packages: what apt prints, the index that apt reads, and what a bundle's list of files says.

A bundle has one directory for each `<distribution>-<release>-<architecture>`, with `packages`,
`archives` and `wheels`, an index for apt (`Packages`) and `bundle.json`:
`{"files": {"<path>": "<sha256>"}, "packages": [<asked for>], "requirements": [<pip's, asked for>]}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .checksums import sha256

INDEX = "Packages"
MANIFEST = "bundle.json"
PACKAGES, ARCHIVES, WHEELS = "packages", "archives", "wheels"

# What apt decides and verifies by; descriptions and tags only make an index long.
_KEPT = (
    "Package",
    "Version",
    "Architecture",
    "Multi-Arch",
    "Essential",
    "Protected",
    "Priority",
    "Section",
    "Installed-Size",
    "Maintainer",
    "Depends",
    "Pre-Depends",
    "Provides",
    "Conflicts",
    "Breaks",
    "Replaces",
    "Filename",
    "Size",
    "SHA256",
    "Description",
)
_PRINTED = re.compile(r"'[^']+' (\S+\.deb) \d+")
_PLACE = re.compile(rf"({PACKAGES}|{ARCHIVES}|{WHEELS})/[^/]+")


def target(distribution: Mapping[str, Any], architecture: str) -> str:
    """`debian-13-amd64`: the directory that belongs to a node, from its facts."""
    return f"{distribution['id']}-{distribution['version']}-{architecture}"


def printed_files(printed: str) -> list[str]:
    """The names of the files that `apt-get --print-uris` would fetch: `tini_0.19.0-3+b8_amd64.deb`."""
    return _PRINTED.findall(printed)


def pair(file: str) -> str:
    """`name=version` of a package's file, as apt takes it."""
    name, version, _ = file.split("_", 2)
    return f"{name}={version.replace('%3a', ':')}"


def index(shown: str, files: Iterable[str]) -> str:
    """The index of some packages' files, from what `apt-cache show` says of them and of others.

    ValueError where it does not know one, or knows no checksum of it.
    """
    known: dict[str, dict[str, str]] = {}
    for fields in _stanzas(shown):
        known.setdefault(f"{fields['Package']}={fields['Version']}", fields)
    blocks = []
    for file in sorted(files):
        fields = known.get(pair(file), {})
        if not {"SHA256", "Size"} <= fields.keys():
            raise ValueError(f"the package sources have no SHA-256 checksum of {file}")
        fields = {**fields, "Filename": f"{PACKAGES}/{file}"}
        blocks.append("".join(f"{name}: {fields[name]}\n" for name in _KEPT if name in fields))
    return "\n".join(blocks)


def indexed(text: str) -> dict[str, str]:
    """Path of each package's file to its SHA-256, from an index."""
    return {fields["Filename"]: fields["SHA256"] for fields in _stanzas(text)}


def unknown(text: str, packages: Iterable[str]) -> list[str]:
    """The packages of some that an index does not have."""
    names = {fields["Package"] for fields in _stanzas(text)}
    return [name for name in packages if name not in names]


def manifest(data: Any) -> dict[str, Any]:
    """What a bundle.json says; ValueError where that is no list of a bundle's files."""
    if not isinstance(data, dict) or not isinstance(data.get("files"), dict):
        raise ValueError("it has no list of files")
    for path, digest in data["files"].items():
        if path != INDEX and not is_place(path):
            raise ValueError(f"{path} is no place in a bundle")
        sha256(str(digest))
    return {
        "files": dict(data["files"]),
        "packages": list(data.get("packages") or []),
        "requirements": list(data.get("requirements") or []),
    }


def is_place(path: str) -> bool:
    """Whether a path is one of a bundle's files, and nothing outside of it."""
    return bool(_PLACE.fullmatch(path)) and not path.endswith(("/.", "/.."))


def lacking(wanted: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """The paths of files that are not there as they should be."""
    return sorted(path for path, digest in wanted.items() if there.get(path) != digest)


def wheels(listed: Mapping[str, Any], there: Mapping[str, str], requirements: Iterable[str]) -> dict[str, str] | None:
    """The wheels of a bundle that was collected before, where they are whole and what is asked for; else None."""
    found = {path: digest for path, digest in listed.get("files", {}).items() if path.startswith(f"{WHEELS}/")}
    if sorted(requirements) != sorted(listed.get("requirements", [])) or lacking(found, there):
        return None
    return found


def _stanzas(text: str) -> list[dict[str, str]]:
    """Fields of each paragraph, the first line of each field."""
    found = []
    for block in re.split(r"\n\s*\n", text):
        fields = {}
        for line in block.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line[0].isspace():
                fields[name] = value.strip()
        if "Package" in fields and "Version" in fields:
            found.append(fields)
    return found
