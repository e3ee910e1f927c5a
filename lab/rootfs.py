"""Where a Debian root file system comes from: pulled where it can be, else made here."""

import hashlib
import json
from pathlib import Path

from .debian import install
from .docker import docker, inspect
from .machine import Machine, Source
from .paths import CACHE
from .run import run, succeeds
from .say import LabError, Step, say

_PULL_SECONDS = 60
_DECISION = CACHE / "pull.json"
#: Documentation and translations make half of a small Debian; no node of a lab needs them.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")


def image(codename: str, machine: Machine) -> str:
    """The name of an image with a minimal Debian of that release; pull or make it when missing."""
    if _pullable():
        name = f"debian:{codename}"
        if inspect("image", name) is None:
            with Step(f"pulling {name}"):
                docker("pull", "--quiet", name, what=f"pulling {name}")
        return name
    if not machine.is_debian:
        raise LabError(
            "no registry gives debian:trixie, and this machine is no Debian whose apt configuration "
            "names a mirror to make one from: let Docker reach a registry"
        )
    name = f"arpanet-lab/root:{codename}"
    if inspect("image", name) is None:
        archive = _make(codename, machine)
        docker("import", str(archive), name, what=f"importing {archive}")
    return name


def _pullable() -> bool:
    # Asked once: without a network of its own, each attempt can take its whole time limit.
    if _DECISION.exists():
        return bool(json.loads(_DECISION.read_text())["pull"])
    pull = inspect("image", "debian:trixie") is not None or succeeds(
        ["docker", "pull", "--quiet", "debian:trixie"], timeout=_PULL_SECONDS
    )
    if not pull:
        say("debian:trixie can't be pulled: images are made from this machine's Debian mirror")
    CACHE.mkdir(parents=True, exist_ok=True)
    _DECISION.write_text(json.dumps({"pull": pull}))
    return pull


def _make(codename: str, machine: Machine) -> Path:
    sources = machine.sources_for(codename)
    options = machine.files.get("etc/apt/apt.conf.d/90machine", "").splitlines()
    archive = CACHE / f"root-{codename}-{_digest(sources)}.tar"
    if archive.exists():
        return archive
    install({"mmdebstrap": "/usr/bin/mmdebstrap"}, why="making a Debian root file system")
    half = archive.with_suffix(".part")
    arguments = ["--variant=apt", "--format=tar", "--include=ca-certificates"]
    arguments += [f"--aptopt={option}" for option in options]
    arguments += [f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT]
    with Step(f"making a root file system of Debian {codename}"):
        run(
            ["mmdebstrap", *arguments, codename, half, *(source.line() for source in sources)],
            what=f"mmdebstrap {codename}",
            timeout=900,
        )
    half.rename(archive)
    return archive


def _digest(sources: tuple[Source, ...]) -> str:
    text = "\n".join(source.line() for source in sources)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
