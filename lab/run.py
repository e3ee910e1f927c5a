"""Run a program and turn its failure into one clear error."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from .say import LabError

_TAIL = 25


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    timeout: float | None = None,
    stdin: str | None = None,
    env: dict[str, str] | None = None,
) -> str:
    """Run `argv`, return its standard output; `what` names the attempt in the error."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=timeout, check=False, env=env)
    except FileNotFoundError as error:
        raise LabError(f"{what}: the program {words[0]!r} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{what}: no end after {timeout} s") from error
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines()[-_TAIL:] + done.stderr.strip().splitlines()[-_TAIL:]
        raise LabError(f"{what}: exit status {done.returncode}\n" + "\n".join(lines))
    return done.stdout


def succeeds(argv: Sequence[str | Path], *, timeout: float = 20) -> bool:
    """Whether `argv` ends with status 0 in time; its output is dropped."""
    try:
        done = subprocess.run([str(word) for word in argv], capture_output=True, timeout=timeout, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
