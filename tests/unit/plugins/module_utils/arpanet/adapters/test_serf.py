"""Serf's answers and refusals, from a program that stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import serf

RECORDED = """{"members": [{"name": "node1", "addr": "192.0.2.11:7947", "port": 7947, "tags": {"role": "manager"},
 "status": "alive", "protocol": {"max": 5, "min": 2, "version": 5}}]}"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a shell script in the place of `serf`."""
    monkeypatch.setattr(serf, "PATHS", str(tmp_path))

    def write(script: str) -> Path:
        path = tmp_path / "serf"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


def test_members(program: Callable[[str], Path], tmp_path: Path) -> None:
    program(f'echo "$@" > {tmp_path}/arguments\ncat <<END\n{RECORDED}\nEND')
    assert [(one["name"], one["addr"], one["status"]) for one in serf.members()] == [
        ("node1", "192.0.2.11:7947", "alive")
    ]
    assert (tmp_path / "arguments").read_text().split() == ["members", "-format=json", "-rpc-addr=127.0.0.1:7373"]


def test_a_cluster_of_nobody(program: Callable[[str], Path]) -> None:
    program("""echo '{"members": null}'""")
    assert serf.members() == []


def test_serf_is_not_installed(program: Callable[[str], Path]) -> None:
    with pytest.raises(serf.SerfError, match=r"the program serf is not installed; run site.yml"):
        serf.members()


def test_serf_does_not_run(program: Callable[[str], Path]) -> None:
    program("echo 'Error connecting to Serf agent: connection refused' >&2; exit 1")
    with pytest.raises(serf.SerfError, match=r"Serf at 127.0.0.1:7373 does not answer \(Error connecting .*refused\)"):
        serf.members()


def test_serf_hangs(program: Callable[[str], Path]) -> None:
    program("exec sleep 30")
    with pytest.raises(serf.SerfError, match=r"has not answered for 0.2 s"):
        serf.members(timeout=0.2)


def test_serf_says_something_else(program: Callable[[str], Path]) -> None:
    program("echo node1 alive")
    with pytest.raises(serf.SerfError, match="answered no list of members: 'node1 alive"):
        serf.members()


def test_a_program_that_cannot_run(program: Callable[[str], Path]) -> None:
    path = program("")
    path.write_text("#!/nowhere/sh\n")
    with pytest.raises(serf.SerfError, match="cannot be run"):
        serf.members()
