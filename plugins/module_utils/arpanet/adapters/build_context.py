"""A build context: which files it has, its content's hash, and its archive."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from docker.utils.build import exclude_paths


class ContextError(Exception):
    """A build context that cannot be read; the message names it."""


def files(context: Path, dockerfile: str) -> Iterator[str]:
    """Relative paths of a context in a fixed order, without what .dockerignore leaves out."""
    if not context.is_dir():
        raise ContextError(f"build context {context} is not a directory")
    if not (context / dockerfile).is_file():
        raise ContextError(f"build context {context} has no {dockerfile}")
    if context.resolve() not in (context / dockerfile).resolve().parents:
        raise ContextError(f"{dockerfile} lies outside of build context {context}: move it there")
    ignore = context / ".dockerignore"
    patterns = [line.strip() for line in ignore.read_text().splitlines()] if ignore.exists() else []
    kept = [pattern for pattern in patterns if pattern and not pattern.startswith("#")]
    return iter(sorted(exclude_paths(str(context), kept, dockerfile)))


def content_hash(context: Path, dockerfile: str, options: Mapping[str, Any]) -> str:
    """16 hexadecimal digits that change with any file's content, name or mode, or a build option.

    Times and owners do not count: a fresh checkout is the same context.
    """
    digest = hashlib.sha256(json.dumps([dockerfile, options], sort_keys=True).encode())
    for name in files(context, dockerfile):
        path = context / name
        digest.update(os.fsencode(f"\0{name}\0{path.lstat().st_mode & 0o111:o}\0"))
        if path.is_symlink():
            digest.update(os.fsencode(path.readlink()))
        elif path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def archive(context: Path, dockerfile: str, into: IO[bytes]) -> None:
    """Write the context as a gzipped tar."""
    with tarfile.open(fileobj=into, mode="w:gz", compresslevel=1) as tar:
        for name in files(context, dockerfile):
            tar.add(context / name, arcname=name, recursive=False)


def bases(context: Path, dockerfile: str) -> list[str]:
    """Images that a Dockerfile starts from, as far as they are written out."""
    found: list[str] = []
    stages = {"scratch"}
    for line in (context / dockerfile).read_text(errors="replace").splitlines():
        verb, *words = line.split() or [""]
        words = [word for word in words if not word.startswith("--")]
        if verb.upper() == "FROM" and words:
            if "$" not in words[0] and words[0] not in stages:
                found.append(words[0])
            stages |= {*words[2:3]}
    return found
