"""Debian packages on the machine that runs the lab."""

import os
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
        run(["apt-get", "-q", "update"], what="apt-get update", env=env)
        run(
            [
                *("apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCKED}"),
                *("install", "--no-install-recommends", *missing),
            ],
            what=f"apt-get install {' '.join(missing)}",
            env=env,
        )
