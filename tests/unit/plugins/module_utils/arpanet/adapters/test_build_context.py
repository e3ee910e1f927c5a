"""Which files a build context has, what its content is called, and that the archive holds just that."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.build_context import (
    ContextError,
    archive,
    bases,
    content_hash,
    files,
)
from hypothesis import given, settings
from hypothesis import strategies as st

OPTIONS: dict[str, Any] = {"args": {}, "target": "", "labels": {}}


@pytest.fixture
def context(tmp_path: Path) -> Path:
    directory = tmp_path / "web"
    (directory / "src" / "deep").mkdir(parents=True)
    (directory / "Dockerfile").write_text("FROM scratch\n")
    (directory / "src" / "app.py").write_text("print()\n")
    (directory / "src" / "deep" / "data.bin").write_bytes(bytes(range(256)))
    (directory / "notes.md").write_text("# notes\n")
    return directory


def named(context: Path, dockerfile: str = "Dockerfile", **options: Any) -> str:
    return content_hash(context, dockerfile, {**OPTIONS, **options})


def in_archive(context: Path, dockerfile: str = "Dockerfile") -> dict[str, tarfile.TarInfo]:
    into = io.BytesIO()
    archive(context, dockerfile, into)
    into.seek(0)
    with tarfile.open(fileobj=into) as tar:
        return {member.name: member for member in tar.getmembers()}


# Which files


def test_all_files(context: Path) -> None:
    found = [*files(context, "Dockerfile")]
    assert found == ["Dockerfile", "notes.md", "src", "src/app.py", "src/deep", "src/deep/data.bin"]


@pytest.mark.parametrize(
    ("ignored", "left_out"),
    [
        pytest.param("*.md", {"notes.md"}, id="a pattern"),
        pytest.param("# *.py\n\n  notes.md  \n", {"notes.md"}, id="comments, empty lines, spaces"),
        pytest.param("src/deep", {"src/deep", "src/deep/data.bin"}, id="a directory"),
        pytest.param("**/*.bin", {"src/deep/data.bin"}, id="anywhere"),
        pytest.param("/notes.md", {"notes.md"}, id="from the root"),
        pytest.param(
            "*\n!src/app.py", {"notes.md", "src", "src/deep", "src/deep/data.bin", ".dockerignore"}, id="exceptions"
        ),
        pytest.param("Dockerfile", set(), id="the Dockerfile is needed"),
    ],
)
def test_what_dockerignore_names_is_left_out(context: Path, ignored: str, left_out: set[str]) -> None:
    everything = {*files(context, "Dockerfile"), ".dockerignore"}
    (context / ".dockerignore").write_text(ignored)
    found = {*files(context, "Dockerfile")}
    # The builder itself reads .dockerignore, so it may always be there.
    assert found - {".dockerignore"} == everything - left_out - {".dockerignore"}


@pytest.mark.parametrize(
    ("directory", "dockerfile", "said"),
    [
        ("nowhere", "Dockerfile", "nowhere is not a directory"),
        ("web/notes.md", "Dockerfile", "notes.md is not a directory"),
        ("web", "Other", "web has no Other"),
        ("web", "src", "web has no src"),
        ("web", "../outside", "../outside lies outside of build context"),
    ],
)
def test_a_context_that_cannot_be(context: Path, directory: str, dockerfile: str, said: str) -> None:
    (context.parent / "outside").write_text("FROM scratch\n")
    with pytest.raises(ContextError) as raised:
        [*files(context.parent / directory, dockerfile)]
    assert said in str(raised.value)
    assert str(context.parent) in str(raised.value)


# What it is called


def test_a_fresh_checkout_is_the_same_context(context: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(context, copy, symlinks=True)
    for path in copy.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(path.stat().st_mode & ~0o022)
    assert named(copy) == named(context)


def edits() -> dict[str, Any]:
    return {
        "content": lambda context: (context / "src" / "app.py").write_text("print(1)\n"),
        "a new file": lambda context: (context / "new").write_text(""),
        "a new directory": lambda context: (context / "empty").mkdir(),
        "a name": lambda context: (context / "notes.md").rename(context / "read.md"),
        "executable": lambda context: (context / "src" / "app.py").chmod(0o755),
        "one less": lambda context: (context / "notes.md").unlink(),
        "a link": lambda context: (context / "link").symlink_to("src"),
        "the Dockerfile": lambda context: (context / "Dockerfile").write_text("FROM other\n"),
    }


@pytest.mark.parametrize("edit", edits().values(), ids=edits())
def test_a_change_is_a_new_name(context: Path, edit: Any) -> None:
    before = named(context)
    edit(context)
    assert named(context) != before


@pytest.mark.parametrize("options", [{"args": {"A": "1"}}, {"target": "prod"}, {"labels": {"l": "v"}}], ids=str)
def test_another_option_is_a_new_name(context: Path, options: dict[str, Any]) -> None:
    assert named(context, **options) != named(context)


def test_another_dockerfile_is_a_new_name(context: Path) -> None:
    (context / "Other").write_text("FROM scratch\n")
    assert named(context, "Other") != named(context)


def test_what_is_ignored_does_not_count(context: Path) -> None:
    (context / ".dockerignore").write_text("*.log\n.git\n")
    before = named(context)
    (context / "today.log").write_text("x")
    (context / ".git").mkdir()
    (context / ".git" / "HEAD").write_text("x")
    assert named(context) == before


def test_a_link_is_what_it_points_at(context: Path) -> None:
    link = context / "link"
    link.symlink_to("nowhere")
    before = named(context)
    link.unlink()
    link.symlink_to("elsewhere")
    assert named(context) != before


def test_a_name_that_is_no_text(context: Path) -> None:
    before = named(context)
    Path(os.fsdecode(os.fsencode(context) + b"/caf\xe9")).write_text("x")
    assert named(context) != before
    assert len(in_archive(context)) == 7


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "a", "b", "ab"]), max_size=4))
def test_names_and_contents_do_not_run_into_each_other(tmp_path_factory: Any, content: dict[str, str]) -> None:
    def of(stated: dict[str, str]) -> str:
        directory = tmp_path_factory.mktemp("context")
        (directory / "Dockerfile").write_text("FROM scratch\n")
        for name, text in stated.items():
            (directory / name).write_text(text)
        found = named(directory)
        shutil.rmtree(directory)
        return found

    other = {**content, "e": ""}
    assert of(content) == of(dict(reversed(content.items())))
    assert of(content) != of(other)


# The archive


def test_the_archive_has_the_same_files(context: Path) -> None:
    (context / ".dockerignore").write_text("notes.md\n")
    (context / "run").write_text("#!/bin/sh\n")
    (context / "run").chmod(0o755)
    (context / "link").symlink_to("src/app.py")
    found = in_archive(context)
    assert sorted(found) == [*files(context, "Dockerfile")]
    assert found["run"].mode & 0o111
    assert found["link"].issym() and found["link"].linkname == "src/app.py"
    assert found["src/deep/data.bin"].size == 256


def test_base_images(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "ARG TAG=1\nFROM --platform=linux/amd64 r.example.com/base:1 AS build\n# FROM nobody\nRUN echo FROM here\n"
        "from build\nFROM other:$TAG\nFROM scratch\n"
    )
    assert bases(tmp_path, "Dockerfile") == ["r.example.com/base:1"]
