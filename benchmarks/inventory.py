"""The inventory of a cluster of a thousand members: from what a node prints to hosts and groups.

The whole of `ansible-inventory` is timed, less what it takes for an inventory of nobody.
"""

import json
import os
import shlex
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from harness.cluster import CHECKOUT, Cluster
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

MEMBERS, ROUNDS = 1000, 5
TARGET = 1.0


def run(_cluster: Cluster, _playbooks: Playbooks) -> list[Row]:
    """Two figures: alone, and with an expression that Ansible evaluates for each host."""
    with tempfile.TemporaryDirectory() as directory:
        there = Path(directory)
        nobody = _seconds(there, 0)
        plain = _seconds(there, MEMBERS) - nobody
        constructed = _seconds(there, MEMBERS, constructed=True) - nobody
    return [
        at_most(f"inventory of {MEMBERS} simulated members", plain, TARGET, peer=f"of none {nobody:.2f} s"),
        # For each host Ansible compiles the expression anew; the plugin's own groups need none.
        at_most("the same with an expression in keyed_groups", constructed),
    ]


def _seconds(directory: Path, count: int, constructed: bool = False) -> float:
    """The median of some runs, on members that a program on this host prints."""
    listed = directory / f"{count}.json"
    listed.write_text(json.dumps({"members": [_member(number) for number in range(count)]}))
    # In the place of Serf's own program, which is asked where there is no other.
    program = directory / "serf"
    program.write_text(f"#!/bin/sh\nexec cat {shlex.quote(str(listed))}\n")
    program.chmod(0o755)
    source = directory / f"{count}.serf.yml"
    value = {
        "plugin": "arpanet.cluster.serf",
        "addresses": ["127.0.0.1"],
        "become": False,
        "variables": {"ansible_connection": "local"},
        "keyed_groups": [{"key": "arpanet_tags.rack", "prefix": "rack"}] if constructed else [],
    }
    source.write_text(json.dumps(value))
    times = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        done = subprocess.run(
            ["ansible-inventory", "-i", str(source), "--host", "localhost"],
            cwd=CHECKOUT, env=_environment(directory), capture_output=True, text=True, check=False,
        )  # fmt: skip
        times.append(time.monotonic() - began)
        if done.returncode:
            raise RuntimeError(done.stderr)
    return statistics.median(times)


def _member(number: int) -> dict[str, object]:
    return {
        "name": f"node{number:04}",
        "addr": f"10.0.{number // 250}.{number % 250 + 1}:7947",
        "status": "alive",
        "tags": {
            "role": "manager" if number < 5 else "worker",
            "swarm": "ready",
            "availability": "active",
            "node": f"{number:025}",
            "cluster": "c" * 25,
            "engine_port": "2377",
            "agent": "0.1.0",
            "label.disk": "ssd" if number % 3 else "disk",
            "rack": str(number % 40),
        },
    }


def _environment(directory: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}
