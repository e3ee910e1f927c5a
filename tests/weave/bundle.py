"""A bundle of the plugin that stands in for Weave: a root file system of a few kilobytes, and its configuration.

Programs and libraries are the node's own, mounted into it.
"""

import hashlib
import io
import json
import tarfile
from pathlib import Path

PLUGIN = Path(__file__).parent / "stand_in" / "plugin.py"
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
_MOUNTS = {"/usr": "/usr", "/var/lib": "/host/var/lib", "/lib/modules": "/host/modules"}
_SETTINGS = ("EXTRA_ARGS", "WEAVE_PASSWORD", "WEAVE_MTU", "IPALLOC_RANGE")


def make(directory: Path, version: str = "stand-in 1") -> Path:
    """Write a bundle there; the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    archive = directory / "rootfs.tar.gz"
    with tarfile.open(archive, "w:gz") as files:
        for name in ("usr", "host/var/lib", "host/modules", "run/docker/plugins", "tmp", "proc", "sys", "dev", "etc"):
            entry = tarfile.TarInfo(f"./{name}")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            files.addfile(entry)
        for name, target in _LINKS.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            files.addfile(entry)
        for name, text in (("plugin.py", PLUGIN.read_bytes()), ("version", version.encode())):
            entry = tarfile.TarInfo(f"./{name}")
            entry.size, entry.mode = len(text), 0o755
            files.addfile(entry, io.BytesIO(text))
    config = {
        "description": "Stands in for Weave in tests",
        "entrypoint": ["/usr/bin/python3", "/plugin.py"],
        "interface": {"socket": "weave.sock", "types": ["docker.networkdriver/1.0"]},
        "linux": {"capabilities": ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]},
        "network": {"type": "host"},
        "mounts": [
            {"type": "bind", "source": source, "destination": destination, "options": ["rbind"]}
            for source, destination in _MOUNTS.items()
        ],
        "env": [{"name": name, "value": "", "settable": ["value"]} for name in _SETTINGS],
    }
    (directory / "config.json").write_text(json.dumps(config, indent=2))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (directory / "SHA256SUMS").write_text(f"{digest}  rootfs.tar.gz\n")
    return directory
