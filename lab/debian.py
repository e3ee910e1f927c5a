"""Debian packages on the machine that runs the lab."""

import os
import time
from pathlib import Path

from .run import run
from .say import LabError, Step

# Seconds to wait for another program that installs something just now.
LOCKED = 300


def install(packages: dict[str, str], *, why: str) -> None:
    """Install the packages whose program (the dictionary's value) is missing.

    Only root on a Debian system may; everyone else is told what to install.
    """
    missing = [package for package, program in packages.items() if not Path(program).exists()]
    if not missing:
        return
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        raise LabError(f"{why} needs {', '.join(missing)}: install that, or run this as root on Debian")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with Step(f"installing {' '.join(missing)} ({why})"):
        _update(env)
        run(
            [
                *("apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCKED}"),
                *("install", "--no-install-recommends", *missing),
            ],
            what=f"apt-get install {' '.join(missing)}",
            env=env,
        )


def _update(env: dict[str, str]) -> None:
    """Read the package lists; again while another program does, for which apt does not wait."""
    deadline = time.monotonic() + LOCKED
    while True:
        try:
            run(["apt-get", "-q", "update"], what="apt-get update", env=env)
            return
        except LabError as error:
            if "lists/lock" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(2)
