from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.kernel import route_table, with_processes

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Processes of two containers: control groups v2 under systemd, and v1 under cgroupfs."""
    groups = {
        "1": "0::/init.scope\n",
        "70": f"0::/system.slice/docker-{A}.scope\n",
        "71": f"12:pids:/docker/{B}/sub\n11:cpu:/docker/{B}\n",
        "sys": "",
    }
    for name, text in groups.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup").write_text(text)
    (tmp_path / "72").mkdir()  # ended while we looked
    return tmp_path


def test_containers_with_processes(proc: Path) -> None:
    assert with_processes({A, B, C}, proc) == {A, B}
    assert with_processes({C}, proc) == set()
    assert with_processes(set(), proc) == set()


def test_what_is_hidden_is_not_dead(tmp_path: Path) -> None:
    assert with_processes({A, C}, tmp_path) == {A, C}


def test_this_machine() -> None:
    assert with_processes({C}) == set()
    assert route_table().startswith("Iface")


def test_no_routes(tmp_path: Path) -> None:
    assert route_table(tmp_path) == ""
