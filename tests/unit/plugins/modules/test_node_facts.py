from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import swarm
from ansible_collections.arpanet.cluster.plugins.modules import node_facts

Run = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 10, 12)])
def test_an_old_python_is_refused_with_the_way_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(node_facts.sys, "version_info", version)
    said = run("node_facts", {})["msg"]
    assert f"which is Python {'.'.join(map(str, version))}; Python 3.11 or newer is needed" in said
    assert "set ansible_python_interpreter: /usr/bin/python3.11" in said


def test_an_old_python_can_read_the_file() -> None:
    tree = ast.parse(Path(str(node_facts.__file__)).read_text(), feature_version=(3, 8))
    first = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    # Whatever else is imported at its head, an old Python would stumble over it.
    assert first == ["__future__", "pathlib", "typing", "ansible.module_utils.basic"]
    assert node_facts.too_old() == "" and sys.version_info[:2] >= node_facts.OLDEST


class Asked(Exception):
    """Somebody has asked the engine."""


@pytest.mark.parametrize(
    ("unit", "asked"),
    [
        ({"state": "active"}, True),
        ({"state": "activating"}, True),
        ({"state": "inactive"}, False),
        ({"state": "failed"}, False),
        # Not a unit of this name, or nobody has looked.
        ({"state": ""}, True),
        ({}, True),
    ],
)
def test_a_look_starts_no_engine(monkeypatch: pytest.MonkeyPatch, unit: dict[str, str], asked: bool) -> None:
    def info(_: swarm.Swarm) -> None:
        raise Asked

    monkeypatch.setattr(swarm.Swarm, "info", info)
    if asked:
        with pytest.raises(Asked):
            node_facts.engine(unit)
    else:
        assert node_facts.engine(unit)["swarm"]["state"] == ""


@pytest.mark.parametrize("remembers", [True, False])
def test_an_engine_that_does_not_answer_may_be_in_a_swarm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remembers: bool
) -> None:
    if remembers:
        (tmp_path / "docker-state.json").touch()
    monkeypatch.setattr(swarm, "STATE", tmp_path)
    assert node_facts.engine({"state": "failed"})["swarm"]["silent"] is remembers
