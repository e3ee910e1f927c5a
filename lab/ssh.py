"""The lab's SSH key and the nodes' host keys."""

import socket
from pathlib import Path

from .docker import execute
from .paths import CACHE
from .run import run
from .say import say

PRIVATE_KEY = CACHE / "id_ed25519"


def public_key() -> str:
    """The public half of the lab's key; the pair is made when it is missing."""
    public = PRIVATE_KEY.with_suffix(".pub")
    if not (PRIVATE_KEY.exists() and public.exists()):
        say(f"making an SSH key for the labs: {PRIVATE_KEY}")
        CACHE.mkdir(parents=True, exist_ok=True)
        PRIVATE_KEY.unlink(missing_ok=True)
        run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "arpanet-lab", "-f", PRIVATE_KEY],
            what="making an SSH key",
        )
    PRIVATE_KEY.chmod(0o600)
    return public.read_text()


def admit(container: str) -> None:
    """Let the lab's key log in as root on a node."""
    execute(
        container, "install", "-D", "-m", "600", "/dev/stdin", "/root/.ssh/authorized_keys",
        stdin=public_key(), what=f"installing the lab's key on {container}",
    )  # fmt: skip


def host_keys(container: str, address: str) -> list[str]:
    """The node's lines for a known_hosts file, read inside it and so not from the network."""
    keys = execute(container, "sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub", what=f"reading {container}'s host keys")
    return [f"{address} {' '.join(line.split()[:2])}" for line in keys.splitlines()]


def answers(address: str) -> bool:
    """Whether an SSH server greets on that address."""
    try:
        with socket.create_connection((address, 22), timeout=1) as connection:
            connection.settimeout(1)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def write_known_hosts(path: Path, lines: list[str]) -> None:
    """Replace a known_hosts file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
