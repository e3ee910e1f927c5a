"""The machine's limits that many systemds on one kernel run into."""

from pathlib import Path

from .say import say

#: Each node's systemd, engine and agents hold some 25 watches' instances, all counted for
#: the same root user; the kernel's own limit of 128 is reached with the fifth node.
_WANTED = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 1048576}


def ensure(root: Path = Path("/proc/sys")) -> None:
    """Raise the limits where they are too low; say what to do where this user may not."""
    short = {name: wanted for name, wanted in _WANTED.items() if _current(root / name) < wanted}
    for name, wanted in short.items():
        setting = f"{name.replace('/', '.')}={wanted}"
        try:
            (root / name).write_text(f"{wanted}\n")
            say(f"raised a limit of this machine until it restarts: {setting}")
        except OSError:
            say(f"nodes may fail to boot under this machine's limits; as root: sysctl -w {setting}")


def _current(path: Path) -> int:
    # No such setting, no such limit.
    return int(path.read_text()) if path.exists() else max(_WANTED.values())
