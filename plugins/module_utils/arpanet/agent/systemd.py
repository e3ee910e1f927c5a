"""Tells systemd that the agent works (sd_notify), where systemd asked to be told."""

from __future__ import annotations

import os
import socket


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
