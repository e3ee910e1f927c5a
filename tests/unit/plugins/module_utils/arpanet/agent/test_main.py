"""The agent as a process, run as the nodes run it: a plain package, without Ansible."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.version import VERSION

MODULE_UTILS = Path(__file__).parents[6] / "plugins" / "module_utils"
COMMAND = [sys.executable, "-m", "arpanet.agent"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(MODULE_UTILS), "PYTHONDONTWRITEBYTECODE": "1"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, env=ENVIRONMENT, timeout=30, check=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A node where neither Consul nor Docker answers."""
    path = tmp_path / "agent.json"
    path.write_text(
        json.dumps(
            {
                "address": "10.0.0.1",
                "node": "node1",
                "consul": "http://127.0.0.1:1",
                "docker": f"unix://{tmp_path}/docker.sock",
                "serf": "127.0.0.1:1",
            }
        )
    )
    return path


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"{VERSION}\n")


def test_a_bad_configuration_is_one_line(tmp_path: Path) -> None:
    done = run("--config", str(tmp_path / "none.json"))
    assert done.returncode == 1
    assert done.stderr.startswith("arpanet-agent: ")
    assert len(done.stderr.splitlines()) == 1


def test_once_says_what_does_not_answer(config: Path) -> None:
    done = run("--config", str(config), "--once")
    assert done.returncode == 1
    assert "Consul at http://127.0.0.1:1 does not answer" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_waits_for_consul_and_docker_and_ends_when_told(config: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--config", str(config)], stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        # One line from each thread that cannot work, and no more however often they try.
        said: list[str] = []
        while not all(any(part in line for line in said) for part in ("Docker", "Consul", "Serf")):
            said.append(process.stderr.readline())
            assert said[-1], said
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        rest = process.stderr.read()
    assert len([*said, *rest.splitlines()]) <= 6
    assert "Traceback" not in rest
