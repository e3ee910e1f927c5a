"""The docker command of this machine; every call of the lab to the engine goes through here.

The command and not the library: it honours the user's contexts and credentials.
"""

import json
from typing import Any

from .run import run, succeeds


def docker(*words: str, what: str, stdin: str | None = None, timeout: float | None = 600) -> str:
    """Run `docker <words>` and return its output without the last line end."""
    return run(["docker", *words], what=what, stdin=stdin, timeout=timeout).rstrip("\n")


def inspect(kind: str, name: str) -> dict[str, Any] | None:
    """What the engine says of an `image`, a `network` or a `container`, or None."""
    if not succeeds(["docker", kind, "inspect", name]):
        return None
    found: list[dict[str, Any]] = json.loads(docker(kind, "inspect", name, what=f"looking at {kind} {name}"))
    return found[0]


def execute(container: str, *words: str, stdin: str | None = None, what: str, timeout: float = 120) -> str:
    """Run a program in a container and return its output."""
    flags = ["-i"] if stdin is not None else []
    return docker("exec", *flags, container, *words, what=what, stdin=stdin, timeout=timeout)


def listed(kind: str, *filters: str) -> list[str]:
    """Names of the containers, networks or images (`repository:tag`) that match the filters."""
    flags = [word for one in filters for word in ("--filter", one)]
    command = {
        "container": ["ps", "-a", "--format", "{{.Names}}"],
        "network": ["network", "ls", "--format", "{{.Name}}"],
        "image": ["images", "--format", "{{.Repository}}:{{.Tag}}"],
    }[kind]
    return docker(*command, *flags, what=f"listing {kind}s").split()
