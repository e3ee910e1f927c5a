"""What a backup holds, as one archive: pure, bytes in and out.

backup.json            what it is of: {"format", "created", "cluster", "node", "files": {name: sha256}}
swarm/…                /var/lib/docker/swarm of one manager
keys/…                 /etc/arpanet/keys
consul/keys.json       Consul's key-value store: [{"key", "flags", "value"}], values in base64
consul/external.json   nodes without an agent and their services, as the catalog registers them
consul/snapshot        Consul's own snapshot, for Consul's own tools
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import names
from .leases import is_lease
from .swarm import ACTIVE, INACTIVE, NODE_KEY, Local, autolock

FORMAT = 1
META = "backup.json"
SWARM, KEYS = "swarm/", "keys/"
# How far a restore has come on a node: the saved swarm is written there, goes on, and all the rest is put back.
BEGUN, ON, DONE = "begun", "on", "done"
CONSUL_KEYS, CONSUL_EXTERNAL, CONSUL_SNAPSHOT = "consul/keys.json", "consul/external.json", "consul/snapshot"


class BackupError(Exception):
    """The backup cannot be made or used; the message says why."""


@dataclass(frozen=True)
class Backup:
    """`about` is what META says without the files' sums; `files` have their names in the archive."""

    about: Mapping[str, Any]
    files: Mapping[str, bytes]

    def below(self, prefix: str) -> dict[str, bytes]:
        """Files below a prefix, without it."""
        return {name.removeprefix(prefix): data for name, data in self.files.items() if name.startswith(prefix)}

    def json(self, name: str) -> Any:
        """A file's JSON."""
        return json.loads(self.files[name])


def pack(backup: Backup) -> bytes:
    """The archive: a compressed tar whose first file says what the others have to be."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(backup.files.items())}
    about = json.dumps({**backup.about, "format": FORMAT, "files": sums}, indent=2).encode()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in ((META, about), *sorted(backup.files.items())):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o600
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def unpack(archive: bytes) -> Backup:
    """Read an archive and hold every file against its sum. :raises BackupError: it is none, or not whole."""
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
            for member in opened:
                stream = opened.extractfile(member)
                if stream:
                    files[member.name] = stream.read()
        about = json.loads(files.pop(META))
        sums = about.pop("files")
    except (tarfile.TarError, OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"this is no backup of backup.yml ({type(error).__name__})") from error
    if about.pop("format") != FORMAT:
        raise BackupError("this backup was made by a newer collection: restore it with that one")
    wrong = sorted(
        name for name in {*sums, *files} if hashlib.sha256(files.get(name, b"")).hexdigest() != sums.get(name)
    )
    if wrong:
        raise BackupError(f"the backup is damaged: {', '.join(wrong)}")
    if any(name.startswith("/") or ".." in name.split("/") for name in files):
        raise BackupError("the backup has files that belong nowhere")
    return Backup(about, files)


def seal(data: bytes, key: bytes) -> bytes:
    """Hide an archive on its way to the controller, and show it again: a very verbose run prints what a module
    answers. The key is random, comes with the question and is used once."""
    stream = hashlib.shake_256(key).digest(len(data))
    hidden = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return hidden.to_bytes(len(data), "big")


def restorable(key: str, value: Mapping[str, Any] | None) -> bool:
    """Does a key of Consul belong into a new cluster? What agents say of what runs, they say anew there."""
    if (
        key.startswith((names.NODES_PREFIX, names.LOCKS_PREFIX, names.SWARM_PREFIX, names.WEAVE_PREFIX))
        or key == names.LEADER_KEY
    ):
        return False
    # An explicit address is promised to a service, whoever runs it.
    return not is_lease(key) or bool(value and "owner" in value)


def autolock_problem(saved: Backup) -> str:
    """Why no engine can go on with the saved swarm; empty where one can."""
    if not autolock(saved.files.get(f"{SWARM}{NODE_KEY}", b"").decode(errors="replace")):
        return ""
    return (
        "its swarm has autolock, and Docker begins no swarm anew whose managers are locked. Where you want to be able "
        "to restore, end it (swarm_autolock: false, site.yml) and make another backup"
    )


def reached(saved: Backup, mark: Mapping[str, Any], local: Local) -> str:
    """How far a restore of this backup has come on a node; empty where it is to begin.

    :param mark: what a restore left there, {"backup": about, "step"}, whatever backup it was of; empty without one.
    :raises BackupError: the node is in a swarm that no restore of this backup has made.
    """
    if local.state == INACTIVE:
        if problem := autolock_problem(saved):
            raise BackupError(f"it cannot go on: {problem}")
        return ""
    # An engine that is not active does not say which swarm it remembers, and one without a leader does not know.
    same = local.state != ACTIVE or (local.manager and local.cluster_id in ("", saved.about["cluster"]))
    if not same or mark.get("backup") != saved.about:
        raise BackupError("this node is in a swarm: restore on fresh nodes, or run reset.yml first")
    return str(mark["step"])
