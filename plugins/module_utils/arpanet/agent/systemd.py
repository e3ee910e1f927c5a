"""systemd: told that the agent works (sd_notify), asked whether the whole host goes down."""

from __future__ import annotations

import os
import socket
import subprocess


def notify(state: str) -> None:
    """Send lines such as READY=1 and WATCHDOG=1; nothing happens outside of a notify unit."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A leading @ stands for the zero byte of an abstract socket.
    path = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), path)
    except OSError:
        pass


def host_stops() -> bool:
    """Is the host on its way down? No where that cannot be found out.

    The number of the shutdown's job says so. (`is-system-running` does not while a boot is unfinished.)
    """
    question = ["systemctl", "show", "--property=Job", "--value", "shutdown.target"]
    try:
        asked = subprocess.run(question, capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.stdout.strip() not in ("", "0")
