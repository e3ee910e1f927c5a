"""Limits of the machine."""

from pathlib import Path

import pytest

from lab import limits


def _settings(root: Path, instances: int) -> Path:
    for name, value in {"max_user_instances": instances, "max_user_watches": 2000000}.items():
        path = root / "fs" / "inotify" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return root / "fs" / "inotify" / "max_user_instances"


def test_a_low_limit_is_raised_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _settings(tmp_path, 128)
    limits.ensure(tmp_path)
    assert path.read_text() == "8192\n"
    assert "fs.inotify.max_user_instances=8192" in capsys.readouterr().out


def test_a_high_limit_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _settings(tmp_path, 9999)
    limits.ensure(tmp_path)
    assert path.read_text() == "9999\n"
    assert capsys.readouterr().out == ""
