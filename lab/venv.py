"""`python3 -m lab.venv`: the virtual environment that everything else here runs in.

Only the standard library is there when this runs.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent
_VENV = _CHECKOUT / ".venv"
_OLDEST = (3, 11)


def main() -> int:
    """Make `.venv` or bring it up to date with requirements-dev.txt."""
    if sys.version_info < _OLDEST:
        return _with_newer_python()
    from .debian import install
    from .say import LabError, Step, complain

    requirements = _CHECKOUT / "requirements-dev.txt"
    try:
        if not (_VENV / "bin" / "pip").exists():
            if not _has_ensurepip():
                install({"python3-venv": "/nonexistent"}, why="a virtual environment")
            with Step(f"making a virtual environment with Python {sys.version.split()[0]}"):
                subprocess.run([sys.executable, "-m", "venv", _VENV], check=True)
        with Step("installing what requirements-dev.txt pins into .venv"):
            pip = [str(_VENV / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check"]
            subprocess.run([*pip, "--requirement", str(requirements)], check=True)
    except LabError as error:
        complain(str(error))
        return 1
    except subprocess.CalledProcessError as error:
        complain(f"{' '.join(str(word) for word in error.cmd)}: exit status {error.returncode}")
        return 1
    (_VENV / ".stamp").touch()
    return 0


def _has_ensurepip() -> bool:
    # Debian ships venv without it, in a package of its own.
    return subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def _with_newer_python() -> int:
    for minor in range(_OLDEST[1] + 3, _OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            os.execv(found, [found, "-m", "lab.venv"])
    print(f"lab: Python 3.{_OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
