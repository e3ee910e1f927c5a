"""Volumes, tmpfs and shared memory of a compose service as the Engine's mounts."""

from __future__ import annotations

import re

from . import names
from .spec import Spec, listed, mapping
from .support import Unsupported
from .units import size


def mounts(name: str, service: Spec, deployment: str, volumes: Spec) -> list[Spec]:
    """The Engine's mounts of a service; `volumes` are those that the stack declares."""
    found = [_mount(name, volume, deployment, volumes) for volume in service.get("volumes") or []]
    for entry in listed(service.get("tmpfs")):
        target, _, options = entry.partition(":")
        found.append({"Type": "tmpfs", "Target": target, "TmpfsOptions": _tmpfs_options(name, entry, options)})
    if service.get("shm_size"):
        found.append({"Type": "tmpfs", "Target": "/dev/shm", "TmpfsOptions": {"SizeBytes": size(service["shm_size"])}})
    return sorted(found, key=lambda mount: str(mount["Target"]))


def _mount(name: str, volume: Spec, deployment: str, volumes: Spec) -> Spec:
    kind, target = volume["type"], volume["target"]
    mount: Spec = {"Type": kind, "Target": target, "ReadOnly": volume.get("read_only")}
    if kind == "bind":
        return {
            **mount,
            "Source": volume["source"],
            "BindOptions": {"Propagation": (volume.get("bind") or {}).get("propagation")},
        }
    if kind == "tmpfs":
        options = volume.get("tmpfs") or {}
        return {
            **mount,
            "TmpfsOptions": {"SizeBytes": size(options.get("size")), "Mode": options.get("mode")},
        }
    if kind != "volume":
        raise Unsupported(f"service {name}: volume type {kind!r} at {target} is refused: use volume, bind or tmpfs")
    source = volume.get("source")
    if not source:
        return mount
    declared = volumes.get(source) or {}
    external = bool(declared.get("external"))
    own = {} if external else {**mapping(declared.get("labels")), names.LABEL_DEPLOYMENT: deployment}
    return {
        **mount,
        "Source": declared.get("name", source) if external else names.swarm_name(deployment, source),
        "VolumeOptions": {
            "NoCopy": (volume.get("volume") or {}).get("nocopy"),
            "Labels": own,
            "DriverConfig": {
                "Name": declared.get("driver"),
                "Options": mapping(declared.get("driver_opts")),
            },
        },
    }


def _tmpfs_options(name: str, entry: str, text: str) -> Spec:
    options = dict(part.partition("=")[::2] for part in text.split(",") if part)
    number, suffix = 0, {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
    if "size" in options:
        found = re.fullmatch(r"(\d+)([kmg]?)b?", options["size"].lower())
        if not found:
            raise Unsupported(f"service {name}: tmpfs {entry}: size {options['size']!r} is not a number such as 64m")
        number = int(found[1]) * suffix[found[2]]
    mode = options.get("mode", "0")
    if not re.fullmatch("[0-7]+", mode):
        raise Unsupported(f"service {name}: tmpfs {entry}: mode {mode!r} is not an octal number such as 1777")
    return {"SizeBytes": number, "Mode": int(mode, 8)}
