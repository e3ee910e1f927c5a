"""nftables on this node."""

from __future__ import annotations

import subprocess

from . import host


class NftError(Exception):
    """nftables did not take the rules; the message says why."""


def apply(rules: str) -> None:
    """Put a ruleset in place, all of it or nothing."""
    try:
        done = subprocess.run(["/usr/sbin/nft", "-f", "-"], input=rules, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NftError(f"nft does not run: {error.strerror}. Is the package nftables installed?") from error
    if done.returncode:
        raise NftError(f"nft refused the rules: {' '.join(done.stderr.split())[:300]}")


def has(family: str, table: str) -> bool:
    """Whether there is such a table: somebody may have flushed all rules."""
    return host.run("nft", "list", "chains", family)[1].find(f"table {family} {table} ") >= 0
