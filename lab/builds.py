"""Build the lab's images; a tag is the hash of what went in, so nothing is built twice."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from . import rootfs
from .docker import docker, inspect
from .machine import Machine
from .paths import CACHE, IMAGES
from .say import Step

LABEL = "arpanet.lab.image"
#: The release that the depot and the stand-ins are made of, whatever the nodes run.
STAND_IN_CODENAME = "trixie"
#: Stand-ins for public images: directory → (image it is built on, names in the registry).
STAND_INS: dict[str, tuple[str, tuple[str, ...]]] = {
    "redis": ("base", ("library/redis:latest",)),
    "python": ("base", ("library/python:3", "library/python:3-slim", "library/python:latest")),
    "productcatalog": ("python", ("acmeinc/productcatalog:latest",)),
    "musl-client": ("base", ("arpanet/musl-client:latest",)),
}
#: What the roles install; a package that is missing here is installed by them, on each node.
PACKAGES = ("docker.io", "docker-registry", "haproxy", "nftables", "python3-apt", "serf")
LIBRARIES = {
    "trixie": ("docker-cli", "python3-consul", "python3-docker", "python3-msgpack"),
    "bookworm": ("python3-packaging", "python3-venv"),
}


def base(codename: str, machine: Machine) -> str:
    """A minimal Debian that reaches packages as this machine does."""
    files = dict(machine.files)
    if machine.is_debian:
        lines = (source.line() for source in machine.sources_for(codename))
        files["etc/apt/sources.list.d/machine.list"] = "\n".join(lines) + "\n"
    context = CACHE / "build" / f"base-{codename}"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(IMAGES / "base", context)
    (context / "machine").mkdir()  # a machine may have nothing to hand on
    for path, text in files.items():
        target = context / "machine" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return build(f"base-{codename}", context, {"FROM": rootfs.image(codename, machine)})


def node(codename: str, machine: Machine) -> str:
    """A bare node: systemd, Python, an SSH server."""
    return build(f"node-{codename}", IMAGES / "node", {"FROM": base(codename, machine)})


def stocked(codename: str, machine: Machine) -> str:
    """A node that has the packages already."""
    packages = " ".join([*PACKAGES, *LIBRARIES[codename]])
    return build(f"stocked-{codename}", IMAGES / "stocked", {"FROM": node(codename, machine), "PACKAGES": packages})


def stand_ins(machine: Machine) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The stand-ins: directory → (the built image, its names in the registry)."""
    parents = {"base": base(STAND_IN_CODENAME, machine)}
    built = {}
    for directory, (parent, names) in STAND_INS.items():
        parents[directory] = build(directory, IMAGES / directory, {"FROM": parents[parent]})
        built[directory] = (parents[directory], names)
    return built


def build(name: str, context: Path, arguments: Mapping[str, str]) -> str:
    """Build `arpanet-lab/<name>` from a directory unless the very same was built before."""
    parent = inspect("image", arguments["FROM"])
    tag = f"arpanet-lab/{name}:{digest(context, {**arguments, 'FROM': (parent or {}).get('Id', '')})}"
    if inspect("image", tag) is None:
        flags = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        with Step(f"building {tag}"):
            docker(
                "build", "--force-rm", "--label", f"{LABEL}={name}", *flags, "--tag", tag, str(context),
                what=f"building {tag}", timeout=1200,
            )  # fmt: skip
    return tag


def digest(context: Path, arguments: Mapping[str, str]) -> str:
    """A short hash over the arguments and every file of a build context."""
    total = hashlib.sha256(repr(sorted(arguments.items())).encode())
    for path in sorted(path for path in context.rglob("*") if path.is_file()):
        total.update(f"\0{path.relative_to(context)}\0{path.stat().st_mode & 0o111}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]
