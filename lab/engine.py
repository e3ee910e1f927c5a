"""Make a Docker engine answer, and stop the one that this started."""

import os
import signal
import subprocess
from pathlib import Path

from .debian import install
from .paths import CACHE
from .run import succeeds
from .say import LabError, Step, say
from .wait import until

_PID = CACHE / "dockerd.pid"
_LOG = CACHE / "dockerd.log"
_PACKAGES = {"docker.io": "/usr/sbin/dockerd", "iptables": "/usr/sbin/iptables"}


def answers() -> bool:
    """Whether the engine that the docker client is set to use answers."""
    return succeeds(["docker", "version", "--format", "{{.Server.Version}}"])


def ensure() -> None:
    """Use the engine that answers; else, as root on Debian, install and start one."""
    if answers():
        return
    if os.geteuid() != 0:
        raise LabError(
            "no Docker engine answers `docker version`: start Docker, or let this user reach it "
            "(group docker), or run this as root on Debian to have one installed and started"
        )
    install(_PACKAGES, why="a Docker engine")
    if answers():  # the package's own service may have started
        return
    with Step(f"starting dockerd by hand, log in {_LOG}"):
        _start()
        until(lambda: answers() or not _alive(_pid()), what=f"dockerd answering, see {_LOG}", seconds=60)
    if not answers():
        raise LabError(f"dockerd ended at once, see {_LOG}")


def stop() -> None:
    """Stop the engine when it was this program that started it."""
    pid = _pid()
    if not _is_ours(pid):
        _PID.unlink(missing_ok=True)
        return
    say(f"stopping the Docker engine this started (pid {pid})")
    os.kill(pid, signal.SIGTERM)
    until(lambda: not _alive(pid), what=f"dockerd (pid {pid}) ended", seconds=60)
    _PID.unlink(missing_ok=True)


def _start() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    # A session of its own: the engine outlives the make target that needed it.
    with _LOG.open("ab") as log:
        process = subprocess.Popen(
            ["/usr/sbin/dockerd", "--storage-driver", "overlay2"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    _PID.write_text(f"{process.pid}\n")


def _pid() -> int:
    try:
        return int(_PID.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _alive(pid: int) -> bool:
    # A child that ended stays a zombie until it is waited for.
    stat = Path(f"/proc/{pid}/stat")
    try:
        return pid > 0 and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _is_ours(pid: int) -> bool:
    # The number alone could belong to another program by now.
    try:
        return _alive(pid) and Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd"
    except FileNotFoundError:
        return False
