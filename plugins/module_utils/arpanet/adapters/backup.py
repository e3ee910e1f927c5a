"""Reads what a cluster cannot be built of anew, and writes it on new nodes; with the standard library alone."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..core import backup
from ..core.backup import Backup, BackupError
from ..core.files import Wanted
from ..core.swarm import ERROR, INACTIVE, Local
from . import host
from .consul_raw import RawError, ask
from .files import replace, write
from .recovery import go_on_alone
from .swarm import STATE as SWARM
from .swarm import Swarm, SwarmError, remembered

KEYS = Path(host.KEYS)
# What a restore leaves: how far it has come, and of which backup. reset.yml takes it away.
MARK = Path("/etc/arpanet/restored.json")
# An engine that stands still for longer would be missed by its peers.
_STILL = 8
# Seconds by which a follower may be behind.
_BEHIND = 1.0


def read(created: str) -> Backup:
    """Everything, from a manager with a majority behind it. :raises BackupError: a part does not answer."""
    try:
        local = Swarm(timeout=20).local()
        Swarm(timeout=20).members()
        keys, external = json.loads(ask("GET", "/v1/kv/?recurse&consistent")), _external()
        snapshot = ask("GET", "/v1/snapshot", timeout=120)
    except (SwarmError, RawError) as error:
        raise BackupError(str(error)) from error
    files = {f"{backup.SWARM}{name}": data for name, data in _swarm().items()}
    files |= {f"{backup.KEYS}{path.name}": path.read_bytes() for path in KEYS.glob("[!.]*") if path.is_file()}
    files[backup.CONSUL_KEYS] = _json([{"key": k["Key"], "flags": k["Flags"], "value": k["Value"]} for k in keys])
    files[backup.CONSUL_EXTERNAL] = _json(external)
    files[backup.CONSUL_SNAPSHOT] = snapshot
    about = {"created": created, "cluster": local.cluster_id, "node": os.uname().nodename, "node_id": local.node_id}
    return Backup(about, files)


def _external() -> list[dict[str, Any]]:
    """Services of nodes that have no agent: nobody else would say them again."""
    found = []
    for node in json.loads(ask("GET", "/v1/catalog/nodes")):
        name = node["Node"]
        checks = json.loads(ask("GET", f"/v1/health/node/{quote(name)}"))
        if any(check["CheckID"] == "serfHealth" for check in checks):
            continue
        services = json.loads(ask("GET", f"/v1/catalog/node/{quote(name)}"))["Services"] or {}
        found += [
            {
                "Node": name,
                "Address": node["Address"],
                "Service": {key: one.get(key) for key in ("ID", "Service", "Address", "Port", "Tags", "Meta")},
            }
            for one in services.values()
        ]
    return found


def _swarm() -> dict[str, bytes]:
    """The files of the swarm at one moment, as a host that loses its power would find them.

    That an entry of the raft is decided is on the disk only with the next one, and what is not decided a
    restore throws away: so the last change before a backup is followed by two that change nothing.
    """
    for _ in range(2):
        Swarm(timeout=20).touch()
        time.sleep(_BEHIND)
    with _standing_still():
        return {
            str(path.relative_to(SWARM)): path.read_bytes()
            for path in sorted(SWARM.rglob("*"))
            # Raft's next segment is empty.
            if path.is_file() and path.suffix != ".tmp"
        }


@contextlib.contextmanager
def _standing_still() -> Iterator[None]:
    """The engine of this node writes nothing meanwhile. Its containers go on, and so does the swarm."""
    _, shown = host.run("systemctl", "show", "--property=MainPID", "--value", "docker.service")
    process = int(shown.strip() or 0)
    if not process:
        raise BackupError("the engine does not run: systemctl start docker")
    # Whatever becomes of this process, the engine goes on.
    waker = f"import os, time; time.sleep({_STILL}); os.kill({process}, {int(signal.SIGCONT)})"
    with subprocess.Popen([sys.executable, "-c", waker], start_new_session=True) as guard:
        began = time.monotonic()
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)
            guard.kill()
    if time.monotonic() - began > _STILL:
        raise BackupError(f"reading {SWARM} took longer than {_STILL} seconds, in which it may have changed")


def missing_keys(saved: Backup) -> dict[str, bytes]:
    """The cluster's keys of which this node has others or none."""
    found = {name: (KEYS / name, data) for name, data in saved.below(backup.KEYS).items()}
    return {name: data for name, (path, data) in found.items() if not path.is_file() or path.read_bytes() != data}


def write_keys(keys: Mapping[str, bytes]) -> None:
    """Put keys back."""
    KEYS.parent.mkdir(mode=0o755, exist_ok=True)
    KEYS.mkdir(mode=0o700, exist_ok=True)
    for name, data in keys.items():
        write(Wanted(str(KEYS / name), "file", data, mode=0o600, secret=True))


def reached(saved: Backup) -> str:
    """How far a restore of this backup has come on this node (core.backup). :raises BackupError: it is refused."""
    try:
        local = Swarm(timeout=40).local()
    except SwarmError:
        # Stopped, or not there yet. It goes on with what it remembers when it starts.
        local = Local(ERROR if remembered() else INACTIVE)
    return backup.reached(saved, _object(host.text(str(MARK)).encode()) or {}, local)


def mark(saved: Backup, step: str) -> None:
    """Remember how far this restore has come, for the next run of it."""
    replace(MARK, _json({"backup": dict(saved.about), "step": step}))


def write_swarm(saved: Backup, address: str, timeout: float) -> None:
    """Make this fresh node the only manager of the saved swarm. :raises BackupError: it fails."""
    mark(saved, backup.BEGUN)
    _systemctl("stop", "docker.socket", "docker.service")
    # An engine that starts after a power cut finds all of it, or nothing.
    whole = SWARM.with_name(f"{SWARM.name}.new")
    shutil.rmtree(whole, ignore_errors=True)
    for name, data in saved.below(backup.SWARM).items():
        path = whole / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
    shutil.rmtree(SWARM, ignore_errors=True)
    whole.rename(SWARM)
    _systemctl("start", "docker.service")
    try:
        members = Swarm(timeout=40)
        go_on_alone(address, (), timeout, anew=True)
        own = members.local().node_id
        _forget_others(members, own, timeout)
    except SwarmError as error:
        raise BackupError(f"the swarm does not go on: {error}") from error
    mark(saved, backup.ON)


def _forget_others(swarm: Swarm, own: str, timeout: float) -> None:
    """The saved nodes are gone: those of the new cluster join with ids of their own."""
    deadline = time.monotonic() + timeout
    while others := [member for member in swarm.members() if member.id != own]:
        for member in others:
            if member.state == "down":
                swarm.forget(member.id)
        if time.monotonic() > deadline:
            left = ", ".join(member.hostname for member in others)
            raise SwarmError(f"{left} of the saved swarm still counts as alive: switch the old nodes off")
        time.sleep(1)


def missing_in_consul(saved: Backup) -> list[tuple[str, bytes]]:
    """Keys and external services that Consul has not, or has otherwise: where to PUT what.

    :raises BackupError: Consul does not answer.
    """
    try:
        now = {one["Key"]: one["Value"] for one in json.loads(ask("GET", "/v1/kv/?recurse&consistent"))}
    except RawError as error:
        # Nothing in it has no key, which Consul calls not found.
        if error.status != 404:
            raise BackupError(str(error)) from error
        now = {}
    found = []
    for entry in saved.json(backup.CONSUL_KEYS):
        raw = base64.b64decode(entry["value"] or "")
        if backup.restorable(entry["key"], _object(raw)) and now.get(entry["key"], ...) != entry["value"]:
            found.append((f"/v1/kv/{quote(entry['key'])}?flags={entry['flags']}", raw))
    try:
        known = {(one["Node"], one["Service"]["ID"]) for one in _external()}
    except RawError as error:
        raise BackupError(str(error)) from error
    found += [
        ("/v1/catalog/register", _json(one))
        for one in saved.json(backup.CONSUL_EXTERNAL)
        if (one["Node"], one["Service"]["ID"]) not in known
    ]
    return found


def write_consul(entries: Iterable[tuple[str, bytes]]) -> None:
    """Put keys and external services back. :raises BackupError: Consul does not answer."""
    try:
        for path, body in entries:
            ask("PUT", path, body)
    except RawError as error:
        raise BackupError(str(error)) from error


def _object(raw: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(raw or b"null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _systemctl(*words: str) -> None:
    code, said = host.run("systemctl", *words, timeout=120)
    if code:
        raise BackupError(f"systemctl {' '.join(words)} failed: {said.strip() or 'journalctl -xe says why'}")
