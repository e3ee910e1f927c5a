"""Python packages as files, fetched by the pip that comes inside of Debian's packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


class WheelsError(Exception):
    """pip refused; the message is what it said."""


def fetch(requirements: Iterable[str], arguments: Iterable[str], packages: Path, directory: Path) -> None:
    """Download wheels, with their dependencies, for the Python of this host.

    :param packages: has the file of python3-pip-whl, so that the host needs no pip.
    """
    unpacked = directory.parent / "pip"
    for package in packages.glob("python3-pip-whl_*.deb"):
        _run(["dpkg-deb", "--extract", str(package), str(unpacked)])
    pip = next(unpacked.glob("usr/share/python-wheels/pip-*.whl"), None)
    if pip is None:
        raise WheelsError("the package python3-pip-whl has no pip")
    words = ["download", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--only-binary=:all:"]
    _run([sys.executable, f"{pip}/pip", *words, "--dest", str(directory), *arguments, *requirements])


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WheelsError(f"{words[0]}: {error}") from error
    if done.returncode != 0:
        raise WheelsError(done.stderr.strip()[-1000:])
