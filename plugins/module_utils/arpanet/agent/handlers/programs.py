"""Runs one handler: input, environment, a time limit, and its output as it comes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from ...core.handlers import Ended

# Bytes of output that are kept; the rest is read and forgotten.
_KEPT = 64 << 10
# Seconds between being asked to end and being killed; and for what is left in the pipes.
_GRACE, _REST = 3.0, 1.0


def found(root: Path, directory: str, complain: Callable[[str], None]) -> list[str]:
    """The handlers in a directory below `root`, sorted by name, such as `user/deploy/10-notify`.

    What others than root may write is not run as root.
    """
    place = root / directory
    try:
        entries = sorted(place.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        complain(f"{place} cannot be read: {error.strerror}")
        return []
    above = [place, *place.parents][: len(Path(directory).parts) + 1]
    chosen = []
    for path in entries:
        if path.name.startswith(".") or path.is_dir() or not os.access(path, os.X_OK):
            continue
        if unsafe := next((one for one in (path, *above) if not _is_ours(one)), None):
            complain(f"{path} is not run: others than its owner may write {unsafe}")
            continue
        chosen.append(f"{directory}/{path.name}")
    return chosen


def _is_ours(path: Path) -> bool:
    found = path.stat()
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def run(path: Path, data: bytes, environment: Mapping[str, str], timeout: float, tell: Callable[[str], None]) -> Ended:
    """Run it to its end, or to the end of its time; `tell` is called with each line of its output and errors.

    OSError when it cannot be started.
    """
    process = subprocess.Popen(
        [str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd="/",
        # With all that it has started it can be ended.
        start_new_session=True,
    )
    kept = bytearray()
    readers = [
        threading.Thread(target=_read, args=(process.stdout, kept, tell), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, bytearray(), tell), daemon=True),
        threading.Thread(target=_write, args=(process.stdin, data), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        code: int | None = process.wait(timeout)
    except subprocess.TimeoutExpired:
        code = None
        _end(process)
    for reader in readers:
        # What it left running in the background may hold them open.
        reader.join(_REST)
    return Ended(code, bytes(kept))


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    # Also what has outlived the handler itself.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _read(pipe: IO[bytes], kept: bytearray, tell: Callable[[str], None]) -> None:
    told = 0
    with suppress(OSError, ValueError):
        for line in iter(lambda: pipe.readline(4096), b""):
            kept += line[: max(0, _KEPT - len(kept))]
            if told < _KEPT:
                tell(line.decode(errors="replace").rstrip())
            told += len(line)


def _write(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError):
        pipe.write(data)
    with suppress(OSError):
        pipe.close()
