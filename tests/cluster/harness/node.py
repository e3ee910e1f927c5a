"""One node of the cluster under test, by SSH, as users reach it."""

import json
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ON_NODE = Path(__file__).parent / "on_node"


class NodeError(AssertionError):
    """A command on a node failed. An assertion, so that `eventually` tries again."""


@dataclass(frozen=True)
class Node:
    """A host of the inventory."""

    name: str
    address: str
    manager: bool
    ssh: tuple[str, ...]

    def argv(self, command: str) -> list[str]:
        """The command line that runs a command there."""
        return [*self.ssh, self.address, command]

    def run(self, command: str, stdin: str = "", timeout: float = 60) -> str:
        """Run a shell command as root and return its output; NodeError when it fails."""
        try:
            done = subprocess.run(
                self.argv(command), input=stdin, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NodeError(f"{self.name}: {command}: no end after {timeout} s") from error
        if done.returncode:
            raise NodeError(f"{self.name}: {command}: exit code {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def script(self, name: str, *words: str, before: Sequence[str] = (), timeout: float = 60) -> str:
        """Run a script of `on_node` there, or in what `before` enters, and return its output."""
        argv = [*before, "python3", "-", *words]
        return self.run(shlex.join(argv), stdin=(ON_NODE / f"{name}.py").read_text(), timeout=timeout)

    def engine(self, path: str) -> Any:
        """What this node's Docker Engine answers to GET."""
        return json.loads(self.script("get", "engine", path))

    def consul(self, path: str, method: str = "GET", purpose: str = "", body: str = "") -> Any:
        """What this node's Consul agent answers; None when there is no such thing to GET.

        Asked with the token of a purpose ("-": with none), else of management where the node has it.
        """
        return json.loads(self.script("get", "consul", path, method, purpose, body).strip() or "null")

    def dns(self, *names: str, server: str = "127.0.0.1") -> dict[str, list[str]]:
        """The addresses that the node's resolver gives for each name."""
        found: dict[str, list[str]] = json.loads(self.script("dns", server, *names))
        return found
