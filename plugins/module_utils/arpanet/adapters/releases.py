"""Release archives: fetch, verify, take one program out of it."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..core import checksums
from .files import file_digest


class ReleaseError(Exception):
    """An archive could not be fetched, is not what it should be, or lacks the program."""


def text(url: str) -> str:
    """A small text, such as a list of checksums."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            data: bytes = answer.read()
            return data.decode()
    except (OSError, ValueError) as error:
        raise ReleaseError(f"cannot fetch {url}: {_why(error)}") from error


def fetch(url: str, directory: Path) -> Path:
    """Download an archive into a directory."""
    archive = directory / (url.rpartition("/")[2] or "archive")
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, archive.open("wb") as stream:
            shutil.copyfileobj(answer, stream)
    except (OSError, ValueError) as error:
        raise ReleaseError(f"cannot fetch {url}: {_why(error)}") from error
    return archive


def verify(archive: Path, expected: str) -> None:
    """Compare an archive with its checksum."""
    try:
        found = file_digest(archive)
    except OSError as error:
        raise ReleaseError(f"cannot read {archive}: {error.strerror}") from error
    if found != checksums.sha256(expected):
        raise ReleaseError(
            f"{archive.name} has the SHA-256 checksum {found} and should have "
            f"{checksums.sha256(expected)}; nothing of it was used"
        )


def extract(archive: Path, member: str, destination: Path) -> None:
    """Put one program of a zip or tar archive in place, whole or not at all."""
    destination.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{destination.name}.", dir=destination.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, _open(archive, member) as source:
            shutil.copyfileobj(source, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o755)
        temporary.rename(destination)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, KeyError) as error:
        raise ReleaseError(f"cannot take {member} out of {archive.name}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _open(archive: Path, member: str) -> Iterator[IO[bytes]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed, packed.open(member) as source:
            yield source
        return
    with tarfile.open(archive) as unpacked:
        found = unpacked.extractfile(member)
        if found is None:
            raise KeyError(f"{member} is not a file")
        with found:
            yield found


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    return str(getattr(error, "reason", error))
