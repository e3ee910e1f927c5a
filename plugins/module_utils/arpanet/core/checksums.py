"""Checksums of release archives, as people write them and as mirrors publish them."""

from __future__ import annotations

import re

_SHA256 = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


def sha256(text: str) -> str:
    """The digest of `sha256:<hex>` or plain `<hex>`, in lower case; ValueError for anything else."""
    match = _SHA256.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a SHA-256 checksum (sha256: and 64 hexadecimal digits)")
    return match.group(1).lower()


def listed(sums: str, name: str) -> str:
    """The digest of one file in a SHA256SUMS list; ValueError where it is not listed."""
    for line in sums.splitlines():
        digest, _, file = line.strip().partition(" ")
        if file.strip().lstrip("*") == name:
            return sha256(digest)
    raise ValueError(f"{name} is not in the list of checksums")
