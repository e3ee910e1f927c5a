from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.bundle import Bundle, bundle

Run = Callable[..., dict[str, Any]]


def install(run: Run, root: Path, packed: Bundle, check: bool = False) -> dict[str, Any]:
    """What the action plugin does, without a network."""
    arguments: dict[str, Any] = {"directory": str(root), "name": packed.name, "python": sys.executable, "keep": 1}
    result = run("agent_release", arguments, check)
    if result.get("wants_archive"):
        archive = root.parent / "sent.tar.gz"
        archive.write_bytes(packed.data)
        result = run("agent_release", {**arguments, "archive": str(archive)}, check)
    return result


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "opt"


def test_run_twice(run: Run, root: Path) -> None:
    packed = bundle("1.0", {"arpanet/__init__.py": b"", "arpanet/agent/__main__.py": b"print()"})
    assert install(run, root, packed, check=True)["changed"]
    assert not root.exists()
    assert install(run, root, packed)["changed"]
    assert (root / "current" / "arpanet" / "agent" / "__main__.py").read_bytes() == b"print()"
    assert list((root / "current" / "arpanet").glob("__pycache__/*.pyc"))
    assert not install(run, root, packed)["changed"]


def test_old_releases_go_and_one_stays_to_go_back_to(run: Run, root: Path) -> None:
    names = [bundle("1.0", {"arpanet/a.py": text}) for text in (b"1", b"2", b"3")]
    for packed in names:
        install(run, root, packed)
    left = {path.name for path in (root / "releases").iterdir()}
    assert names[2].name in left
    assert len(left) == 2
    assert (root / "current").resolve().name == names[2].name


@pytest.mark.parametrize("path", ["../outside.py", "/etc/outside.py"])
def test_nothing_is_written_outside(run: Run, root: Path, path: str) -> None:
    result = install(run, root, bundle("1.0", {path: b""}))
    assert "has no place in a release" in result["msg"]
    assert list((root / "releases").iterdir()) == []


def test_only_through_the_action(run: Run) -> None:
    assert "action plugin" in run("agent_release", {})["msg"]
