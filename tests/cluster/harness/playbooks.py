"""Run the playbooks as users do, and read what they said."""

import json
import os
import pty
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cluster import CHECKOUT, Cluster
from .eventually import eventually

_RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
# With pipelining a module is a Python without a script; the agent's and the tests' have words after it.
_STRIKE = "pkill --count -KILL -x -f '/usr/bin/python3[.0-9]*' || true"
_PLAN = re.compile(r"^  ([+~-]) (service|network|secret|config) (\S+)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """A finished run of a playbook."""

    command: str
    code: int
    output: str

    @property
    def changed(self) -> int:
        """The sum of `changed=` over all hosts."""
        return sum(int(found[3]) for found in _RECAP.finditer(self.output))

    @property
    def plan(self) -> list[str]:
        """The lines that say what is done, as `+ service abc_web`."""
        return [" ".join(found.group(1, 2, 3)) for found in _PLAN.finditer(self.output)]

    @property
    def words(self) -> str:
        """The output with its lines joined: messages are broken where they are too long."""
        return " ".join(self.output.split())


@dataclass(frozen=True)
class Playbooks:
    """The playbooks of the checkout, on one inventory."""

    cluster: Cluster
    #: Seconds that a playbook has.
    patience: int = 300

    def run(
        self,
        playbook: str,
        *flags: str,
        inventory: Path | None = None,
        terminal: bool = False,
        settings: Mapping[str, str] | None = None,
        **variables: Any,
    ) -> Run:
        """`ansible-playbook <playbook>.yml <flags> -e <variables>`, with settings of Ansible in its environment;
        whatever comes of it."""
        argv = ["ansible-playbook", f"{playbook}.yml", *flags, *_words(variables)]
        environment = {**self.cluster.environment(), **(settings or {})}
        if inventory:
            environment["ANSIBLE_INVENTORY"] = str(inventory)
        if terminal:
            return _at_a_terminal(argv, environment)
        done = subprocess.run(
            argv, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=self.patience, check=False
        )
        return Run(" ".join(argv), done.returncode, done.stdout + done.stderr)

    def do(self, playbook: str, *flags: str, **variables: Any) -> Run:
        """The same, and it has to succeed."""
        run = self.run(playbook, *flags, **variables)
        assert run.code == 0, f"{run.command}\n{run.output}"
        return run

    def cut_off(self, playbook: str, task: str, inventory: Path | None = None, **variables: Any) -> None:
        """The same, killed as it comes to the task whose name begins so."""
        environment = self.cluster.environment()
        if inventory:
            environment["ANSIBLE_INVENTORY"] = str(inventory)
        with subprocess.Popen(
            ["ansible-playbook", f"{playbook}.yml", *_words(variables)],
            cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            said = []
            deadline = threading.Timer(self.patience, _kill, [process.pid])
            deadline.start()
            try:
                for line in process.stdout:
                    said.append(line)
                    if re.match(rf"(TASK|RUNNING HANDLER) \[(.*: )?{re.escape(task)}", line):
                        _kill(process.pid)
                        return
            finally:
                deadline.cancel()
        raise AssertionError(f"{playbook}.yml never came to '{task}':\n{''.join(said)}")

    def struck(self, playbook: str, when: Callable[[], object], **variables: Any) -> None:
        """The same, killed together with the module that it runs on nodes, as soon as a claim holds.

        How far a module has come is not seen in a run's output.
        """
        with subprocess.Popen(
            ["ansible-playbook", f"{playbook}.yml", *_words(variables)],
            cwd=CHECKOUT, env=self.cluster.environment(), stdout=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                eventually(when, within=self.patience, every=0.05)
                struck = self.cluster.each(lambda node: int(node.run(_STRIKE)))
            finally:
                _kill(process.pid)
        assert any(struck.values()), f"{playbook}.yml ran no module any more"

    def deploy(self, stack: Path | str, deployment: str, *flags: str, **variables: Any) -> Run:
        """deploy.yml"""
        return self.do("deploy", *flags, stack=str(stack), deployment=deployment, **variables)

    def scale(self, deployment: str, service: str, replicas: int) -> Run:
        """scale.yml"""
        return self.do("scale", deployment=deployment, service=service, replicas=replicas)

    def remove(self, deployment: str) -> Run:
        """remove.yml"""
        return self.do("remove", deployment=deployment)


def _words(variables: Mapping[str, Any]) -> list[str]:
    words = []
    for key, value in variables.items():
        words += ["-e", f"{key}={value}" if isinstance(value, str | int) else json.dumps({key: value})]
    return words


def _kill(pid: int) -> None:
    """Kill a run with all that it has started.

    Ansible's workers are in sessions of their own, and would finish their task beside the next run.
    """
    # Else it starts more of them meanwhile.
    os.kill(pid, signal.SIGSTOP)
    for one in [pid, *_below(pid)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _below(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for threads in Path(f"/proc/{pid}/task").glob("*/children"):
        # One that has ended meanwhile has none.
        with suppress(OSError):
            for child in map(int, threads.read_text().split()):
                found += [child, *_below(child)]
    return found


def _at_a_terminal(argv: list[str], environment: dict[str, str]) -> Run:
    """The same as a user sees it who waits for it."""
    ours, theirs = pty.openpty()
    environment = {**environment, "ANSIBLE_NOCOLOR": "1"}
    running = subprocess.Popen(argv, cwd=CHECKOUT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        # Linux says EIO when the last of the other side has gone.
        with suppress(OSError):
            while chunk := os.read(ours, 65536):
                said += chunk
    finally:
        os.close(ours)
    return Run(" ".join(argv), running.wait(timeout=300), said.decode().replace("\r\n", "\n"))
