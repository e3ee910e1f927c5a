"""Paths of this host: read what is there, put what should be there, whole or not at all."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from ..core.files import Change, Found, Wanted, digest

# A password in it may be one that somebody chose, which a digest would let others guess at.
GUESSABLE = ("/etc/serf/rpc.json",)


class FilesError(Exception):
    """A path could not be read or written: which, and why."""


def read(wanted: Wanted) -> Found:
    """What is at the path now. The text is read only where it is needed for a comparison."""
    path = Path(wanted.path)
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Found("absent")
    except OSError as error:
        raise FilesError(f"cannot look at {path}: {error.strerror}") from error
    if stat.S_ISLNK(info.st_mode):
        if wanted.kind == "directory" and path.is_dir():
            # A directory that an administrator moved elsewhere and linked is a directory.
            info = path.stat()
        else:
            return Found("link", target=str(path.readlink()))
    found = partial(Found, mode=stat.S_IMODE(info.st_mode), owner=user_name(info.st_uid), group=group_name(info.st_gid))
    if stat.S_ISDIR(info.st_mode):
        return found("directory")
    if not stat.S_ISREG(info.st_mode):
        return found("other")
    content = None
    if wanted.kind == "file":
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FilesError(f"cannot read {path}: {error.strerror}") from error
    return found("file", content=content)


def look(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What `core.files.in_place` wants to know of paths: path to {kind, mode, owner, group, target, digest}.

    Of a text there is its digest alone. A path that cannot be read is left out, and so is a link to nowhere, behind
    which something has gone.
    """
    said = {}
    for path in paths:
        try:
            found = read(Wanted(path, "file"))
        except FilesError:
            continue
        if found.kind == "link" and not Path(path).exists():
            continue
        told = found.content if path not in GUESSABLE else None
        said[path] = {
            "kind": found.kind,
            "target": found.target,
            "mode": found.mode,
            "owner": found.owner,
            "group": found.group,
            "digest": None if told is None else digest(told),
        }
    return said


def apply(change: Change) -> None:
    """Make the change. A file is replaced by a rename, so that nobody reads half of it."""
    wanted = change.wanted
    path = Path(wanted.path)
    try:
        if wanted.kind == "absent":
            remove(path)
        elif wanted.kind == "link":
            replace_link(path, wanted.target or "")
        elif wanted.kind == "directory":
            if "kind" in change.parts:
                path.mkdir(mode=0o700, parents=True)
            _set_attributes(path, wanted)
        elif "kind" in change.parts or "content" in change.parts:
            write(wanted)
        else:
            _set_attributes(path, wanted)
    except OSError as error:
        raise FilesError(f"cannot change {path}: {error.strerror or error}") from error


def write(wanted: Wanted) -> None:
    """Write a file under another name in the same directory, check it, rename it."""
    path = Path(wanted.path)
    old = path.stat() if path.is_file() and not path.is_symlink() else None
    # Without its ending: Consul and Serf read all of a directory that ends in .json, also what a power cut has left.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(wanted.content or b"")
            stream.flush()
            os.fsync(stream.fileno())
        if old is not None:
            os.chown(temporary, old.st_uid, old.st_gid)
            temporary.chmod(stat.S_IMODE(old.st_mode))
        elif wanted.mode is None:
            temporary.chmod(0o600 if wanted.secret else 0o644)
        _set_attributes(temporary, wanted)
        validate(wanted, temporary)
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)


def check(wanted: Wanted) -> None:
    """Validate a file that is not going to be written (check mode), in a private directory."""
    if not wanted.validate or shutil.which(shlex.split(wanted.validate)[0]) is None:
        # On a bare host the program that would check is not there yet.
        return
    with tempfile.TemporaryDirectory() as directory:
        temporary = Path(directory) / Path(wanted.path).name
        temporary.write_bytes(wanted.content or b"")
        validate(wanted, temporary)


def validate(wanted: Wanted, temporary: Path) -> None:
    if not wanted.validate:
        return
    words = [word.replace("%s", str(temporary)) for word in shlex.split(wanted.validate)]
    if shutil.which(words[0]) is None:
        return
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode != 0:
        # What a program says about a secret file may quote it.
        said = "" if wanted.secret else f": {(result.stderr or result.stdout).strip()[-800:]}"
        raise FilesError(f"{words[0]} refuses the new {wanted.path}{said}")


def replace(path: Path, data: bytes) -> None:
    """Write a file, and the directories that it is in, in one step for whoever reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data)
    temporary.replace(path)


def replace_link(path: Path, target: str) -> None:
    """Point a link elsewhere in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hex. :raises OSError: it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Delete what is there, a directory with all that is in it, a link alone; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _set_attributes(path: Path, wanted: Wanted) -> None:
    user = -1 if wanted.owner is None else user_id(wanted.owner)
    group = -1 if wanted.group is None else group_id(wanted.group)
    if (user, group) != (-1, -1):
        os.chown(path, user, group)
    if wanted.mode is not None:
        # After chown, which may clear bits.
        path.chmod(wanted.mode)


def user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def user_id(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        if name.isdigit():
            return int(name)
        raise FilesError(f"there is no user {name}") from None


def group_id(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        if name.isdigit():
            return int(name)
        raise FilesError(f"there is no group {name}") from None
