from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]


def test_run_twice(run: Run, tmp_path: Path) -> None:
    arguments = {
        "files": [
            {"path": str(tmp_path / "d"), "state": "directory", "mode": "0755"},
            {"path": str(tmp_path / "d" / "a.json"), "content": '{"a": 1}', "mode": "0644"},
        ]
    }
    foretold = run("files", arguments, check=True)
    assert foretold["changed"]
    assert not (tmp_path / "d").exists()
    done = run("files", arguments)
    assert done["diff"] == foretold["diff"]
    assert done["changed_paths"] == [str(tmp_path / "d"), str(tmp_path / "d" / "a.json")]
    assert not run("files", arguments)["changed"]


def test_changed_keys(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "a.json")
    run("files", {"files": [{"path": path, "content": '{"dns": [], "debug": false}'}]})
    result = run("files", {"files": [{"path": path, "content": '{"dns": [], "debug": true}'}]})
    assert result["changed_keys"] == {path: ["debug"]}


def test_a_secret_is_nowhere_in_the_result(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old hunter2")
    result = run("files", {"files": [{"path": str(path), "secret_content": "new hunter2", "mode": "0600"}]})
    assert result["changed"]
    assert "hunter2" not in str(result)
    assert path.read_text() == "new hunter2"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "etc/a", "content": ""}, "not an absolute path"),
        ({"path": "/a"}, "needs content"),
        ({"path": "/a", "content": "", "mode": "420"}, "quoted octal"),
        ({"path": "/a", "state": "link"}, "needs a target"),
        ({"path": "/a", "content": "x", "secret_content": "hunter2"}, "mutually exclusive"),
        ({"path": "/tmp", "content": "x"}, "is a directory and should be a file"),
    ],
)
def test_refused(run: Run, entry: dict[str, Any], message: str) -> None:
    result = run("files", {"files": [entry]})
    assert result["failed"]
    assert message in result["msg"]
