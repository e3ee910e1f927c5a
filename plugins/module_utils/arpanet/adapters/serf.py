"""Serf: the members that this node's agent knows.

Through Serf's own command and its RPC on loopback. Every failure is a SerfError that says what was
tried, where and why.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

DEFAULT_RPC = "127.0.0.1:7373"
# A module's PATH may lack both of these.
PATHS = f"/usr/local/bin:{os.environ.get('PATH', '')}:/usr/sbin"


class SerfError(Exception):
    """Serf could not be asked, or refused; the message says what, where and why."""


def members(rpc: str = DEFAULT_RPC, timeout: float = 3) -> list[dict[str, Any]]:
    """[{"name", "addr": "192.0.2.1:7946", "status": "alive", "tags", ...}], those that left among them."""
    program = shutil.which("serf", path=PATHS)
    if program is None:
        raise SerfError("listing members: the program serf is not installed; run site.yml")
    try:
        done = subprocess.run(
            [program, "members", "-format=json", f"-rpc-addr={rpc}"],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SerfError(f"listing members: Serf at {rpc} has not answered for {timeout:g} s") from error
    except OSError as error:
        raise SerfError(f"listing members: {program} cannot be run: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise SerfError(f"listing members: Serf at {rpc} does not answer ({said}). Is the serf service running?")
    try:
        return list(json.loads(done.stdout)["members"] or [])
    except (ValueError, KeyError, TypeError) as error:
        raise SerfError(f"listing members: Serf at {rpc} answered no list of members: {done.stdout[:80]!r}") from error
