"""What a node could be upgraded to, and in which order nodes go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from . import package_bundle
from .tables import table

Upgrades = Mapping[str, Sequence[str]]


def apt_upgrades(policy: str) -> dict[str, tuple[str, str]]:
    """Package to (installed, candidate) from `apt-cache policy`, for those that are installed and not the newest."""
    found = {}
    for block in re.split(r"^(?=\S)", policy, flags=re.M):
        name, _, rest = block.partition(":\n")
        versions = dict(re.findall(r"^  (Installed|Candidate): (\S+)$", rest, flags=re.M))
        installed, candidate = versions.get("Installed", "(none)"), versions.get("Candidate", "(none)")
        if "(none)" not in (installed, candidate) and installed != candidate:
            found[name] = (installed, candidate)
    return found


def held_back(upgrades: Upgrades, held: str) -> list[str]:
    """Those packages that are held at their version, from `apt-mark showhold`: apt refuses to change them."""
    return sorted({line.partition(":")[0] for line in held.split()} & {*upgrades})


def dnf_upgrades(listed: str, installed: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The same from lines of `name version-release`."""
    pairs = (line.split() for line in listed.splitlines())
    return {words[0]: (installed[words[0]], words[1]) for words in pairs if len(words) == 2 and words[0] in installed}


def bundle_upgrades(files: Iterable[str], installed: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The same from the files of a bundle that would be installed: `packages/docker.io_28.5.2_amd64.deb`."""
    pairs = (package_bundle.pair(file.rpartition("/")[2]).split("=") for file in files)
    return {name: (installed[name], version) for name, version in pairs if name in installed}


def order(hosts: Iterable[str], managers: Sequence[str], leader: str) -> list[str]:
    """Workers first, then managers, the leader last: the swarm elects a new one only once."""
    return sorted(hosts, key=lambda host: (host == leader, host in managers))


def shown(upgrades: Mapping[str, Upgrades], hosts: Sequence[str]) -> str:
    """A line for each host and what changes there, in the order in which it will be done."""
    rows = [
        [host, part, versions[0] or "-", versions[1]]
        for host in hosts
        for part, versions in sorted(upgrades[host].items())
    ]
    return table(["NODE", "PART", "FROM", "TO"], rows, indent=2) if rows else "  all nodes are up to date"
