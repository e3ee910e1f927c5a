from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import files
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.files import (
    Found,
    Wanted,
    in_place,
    plan,
    wanted,
)


def converge(*wanted: Wanted) -> list[str]:
    changes = plan([(entry, files.read(entry)) for entry in wanted])
    for change in changes:
        files.apply(change)
    assert plan([(entry, files.read(entry)) for entry in wanted]) == []
    return [change.wanted.path for change in changes]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    wanted = Wanted(str(path), "file", b"{}", mode=0o640)
    assert converge(wanted) == [str(path)]
    assert (path.read_bytes(), mode(path)) == (b"{}", 0o640)
    assert converge(wanted) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_what_a_power_cut_leaves_of_a_file_is_nobodys(tmp_path: Path) -> None:
    """Consul reads whatever of a directory ends in .json."""
    look = tmp_path / "look"
    look.write_text(f"#!/bin/sh\necho $1 > {tmp_path}/seen\n")
    look.chmod(0o755)
    converge(Wanted(str(tmp_path / "a.json"), "file", b"{}", validate=f"{look} %s"))
    assert Path((tmp_path / "seen").read_text().strip()).name.startswith(".a.json.")


def test_new_content_keeps_the_old_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o604)
    converge(Wanted(str(path), "file", b"new"))
    assert (path.read_text(), mode(path)) == ("new", 0o604)


@pytest.mark.parametrize(("secret", "expected"), [(False, 0o644), (True, 0o600)])
def test_mode_of_a_new_file(tmp_path: Path, secret: bool, expected: int) -> None:
    path = tmp_path / "a"
    converge(Wanted(str(path), "file", b"x", secret=secret))
    assert mode(path) == expected


def test_mode_alone_does_not_rewrite(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    before = path.stat().st_ino
    converge(Wanted(str(path), "file", b"x", mode=0o600))
    assert (path.stat().st_ino, mode(path)) == (before, 0o600)


def test_a_link_is_replaced_by_the_file_and_its_target_is_not_written(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "a"
    target.write_text("theirs")
    path.symlink_to(target)
    converge(Wanted(str(path), "file", b"ours"))
    assert (path.is_symlink(), path.read_text(), target.read_text()) == (False, "ours", "theirs")


def test_directories_links_absent(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    link = tmp_path / "l"
    converge(Wanted(str(inner), "directory", mode=0o750), Wanted(str(link), "link", target="a"))
    assert (mode(inner), link.readlink()) == (0o750, Path("a"))
    converge(Wanted(str(link), "link", target="b"), Wanted(str(tmp_path / "a"), "absent"))
    assert (link.readlink(), inner.exists()) == (Path("b"), False)


def test_a_linked_directory_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to("real")
    assert files.read(Wanted(str(tmp_path / "link"), "directory")).kind == "directory"


def test_validation_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    wanted = Wanted(str(path), "file", b"new", validate="grep -q old %s")
    with pytest.raises(files.FilesError, match="grep refuses"):
        converge(wanted)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_validation_of_a_secret_does_not_quote_it(tmp_path: Path) -> None:
    script = tmp_path / "check"
    script.write_text('#!/bin/sh\ncat "$1"; exit 1\n')
    script.chmod(0o755)
    wanted = Wanted(str(tmp_path / "a"), "file", b"hunter2", validate=f"{script} %s", secret=True)
    with pytest.raises(files.FilesError) as caught:
        converge(wanted)
    assert "hunter2" not in str(caught.value)


def test_check_validates_without_writing(tmp_path: Path) -> None:
    wanted = Wanted(str(tmp_path / "a"), "file", b"new", validate="grep -q old %s")
    with pytest.raises(files.FilesError):
        files.check(wanted)
    files.check(Wanted(str(tmp_path / "a"), "file", b"new", validate="no-such-program %s"))
    assert list(tmp_path.iterdir()) == []


def test_missing_owner(tmp_path: Path) -> None:
    with pytest.raises(files.FilesError, match="there is no user nobody-here"):
        converge(Wanted(str(tmp_path / "a"), "file", b"x", owner="nobody-here"))


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(files.FilesError, match="cannot change"):
        converge(Wanted(str(tmp_path / "x" / "a"), "file", b"x"))


def test_names_fall_back_to_numbers() -> None:
    assert files.user_name(0) == "root"
    assert files.user_name(3_999_999) == "3999999"
    assert (files.user_id("12"), files.group_id("12")) == (12, 12)


def test_read_other(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    assert files.read(Wanted(str(tmp_path / "f"), "file", b"x")).kind == "other"
    assert files.read(Wanted(str(tmp_path / "none" / "x"), "file", b"x")) == Found("absent")


def test_a_look_knows_what_is_in_place(tmp_path: Path) -> None:
    """It says so of what was put there, and of nothing else; what it says has no text in it."""
    asked = [
        {"path": str(tmp_path / "d"), "state": "directory", "mode": "0750"},
        {"path": str(tmp_path / "d" / "text"), "content": "a text", "mode": "0640"},
        {"path": str(tmp_path / "secret"), "secret_content": "a secret", "mode": "0600"},
        {"path": str(tmp_path / "link"), "state": "link", "target": "d/text"},
        {"path": str(tmp_path / "gone"), "state": "absent"},
    ]
    paths = [entry["path"] for entry in asked]
    assert not in_place(files.look(paths), asked)
    converge(*(wanted(entry) for entry in asked))
    said = files.look(paths)
    assert in_place(said, asked)
    assert "a secret" not in str(said) and "a text" not in str(said)

    for entry in asked:
        assert not in_place(files.look(path for path in paths if path != entry["path"]), asked)
    (tmp_path / "secret").chmod(0o644)
    assert not in_place(files.look(paths), asked)


def test_a_link_to_nowhere_is_not_in_place(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(tmp_path / "release")
    assert files.look([str(tmp_path / "current")]) == {}


def test_a_password_cannot_be_guessed_from_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rpc.json"
    path.write_text("123456")
    assert files.look([str(path)])[str(path)]["digest"]
    monkeypatch.setattr(files, "GUESSABLE", (str(path),))
    assert files.look([str(path)])[str(path)]["digest"] is None
