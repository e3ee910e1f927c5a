"""apt with directories of its own, so that neither the host's lists nor its downloads change."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ..core import package_bundle

_TIMEOUT = 3600


class AptError(Exception):
    """apt refused; the message is what it said."""


class Apt:
    """apt-get and apt-cache, with everything that they write under one directory."""

    def __init__(self, root: Path, options: Iterable[str]) -> None:
        self.root = root
        for name in ("lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True)
        self._options = [
            f"Dir::State::lists={root}/lists",
            f"Dir::Cache={root}/cache",
            "Acquire::Languages=none",
            "APT::Update::Error-Mode=any",
            # What is verified is verified by checksums; the directories are root's alone.
            "APT::Sandbox::User=root",
            *options,
        ]

    def update(self) -> None:
        self._run("apt-get", "update")

    def files(self, packages: Iterable[str]) -> list[str]:
        """Names of the files that installing some packages takes, with all that they depend on."""
        return package_bundle.printed_files(self._run("apt-get", *_INSTALL, "--print-uris", *packages))

    def show(self, pairs: Iterable[str]) -> str:
        """What the sources say of some `name=version`."""
        return self._run("apt-cache", "show", *pairs)

    def download(self, pairs: Iterable[str], directory: Path) -> None:
        """Fetch and verify the files of some `name=version`."""
        self._run("apt-get", "download", *pairs, where=directory)

    def install(self, packages: Iterable[str]) -> None:
        self._run("apt-get", *_INSTALL, *packages)

    def _run(self, program: str, *words: str, where: Path | None = None) -> str:
        options = [word for option in self._options for word in ("-o", option)]
        try:
            done = subprocess.run(
                [program, "-q", *options, *words],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                cwd=where,
                stdin=subprocess.DEVNULL,
                timeout=_TIMEOUT,
                env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AptError(f"{program} {words[0]}: {error}") from error
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W:"))]
            unmet = [line.strip() for line in done.stdout.splitlines() if "Depends:" in line]
            raise AptError(f"{program} {words[0]}: " + "; ".join([*unmet, *said] or [done.stdout.strip()[-500:]]))
        return done.stdout


_INSTALL = ("install", "--yes", "--no-install-recommends")


def elsewhere(root: Path) -> Apt:
    """For a host on which nothing is installed, with the package sources of this one."""
    (root / "state").mkdir(parents=True)
    (root / "state" / "status").touch()
    return Apt(root, [f"Dir::State={root}/state", f"Dir::State::status={root}/state/status"])


def here(root: Path, repository: Path) -> Apt:
    """For this host, with a directory that has an index as its only source."""
    (root / "sources").mkdir(parents=True)
    source = root / "bundle.list"
    # Trusted because whoever calls has compared the files with the index that the controller sent.
    source.write_text(f"deb [trusted=yes] file:{repository} ./\n")
    return Apt(
        root,
        [
            f"Dir::Etc::SourceList={source}",
            f"Dir::Etc::SourceParts={root}/sources",
            "DPkg::Lock::Timeout=300",
            "Dpkg::Options::=--force-confdef",
            "Dpkg::Options::=--force-confold",
        ],
    )
