"""Logins from the controller's files and from its credential helpers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.logins import LoginError, find

IMAGE = "r.example.com/team/web:1"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's Docker directory, and the only place for credential helpers."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def config(home: Path, **stated: Any) -> Path:
    file = home / "config.json"
    file.write_text(json.dumps(stated))
    return file


def auths(**passwords: str) -> dict[str, Any]:
    return {host: {"auth": base64.b64encode(f"me:{word}".encode()).decode()} for host, word in passwords.items()}


def helper(home: Path, name: str, script: str) -> None:
    program = home / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_only_logins_for_the_images_registries(home: Path) -> None:
    config(home, auths=auths(**{"r.example.com": "one", "other.example.com": "two"}))
    found, notes = find([IMAGE, "redis"])
    assert list(found) == ["r.example.com"]
    assert found["r.example.com"]["password"] == "one"
    assert notes == []


def test_no_file_no_logins() -> None:
    assert find([IMAGE]) == ({}, [])


def test_another_file_or_none_of_them(home: Path, tmp_path: Path) -> None:
    config(home, auths=auths(**{"r.example.com": "one"}))
    other = tmp_path / "robot.json"
    other.write_text(json.dumps({"auths": auths(**{"r.example.com": "robot"})}))
    assert find([IMAGE], str(other))[0]["r.example.com"]["password"] == "robot"
    assert find([IMAGE], "none") == ({}, [])


def test_what_is_given_comes_first(home: Path) -> None:
    config(home, auths=auths(**{"r.example.com": "one"}))
    given = {"https://r.example.com": {"username": "ci", "password": "two"}}
    assert find([IMAGE], "", given)[0]["r.example.com"]["username"] == "ci"


def test_a_helper_is_asked(home: Path) -> None:
    config(home, credHelpers={"r.example.com": "own"}, credsStore="general")
    helper(home, "own", """read host; echo "{\\"Username\\": \\"me\\", \\"Secret\\": \\"for $host\\"}" """)
    helper(home, "general", "echo credentials not found in native keychain; exit 1")
    found, notes = find([IMAGE, "redis"])
    assert {registry: login["password"] for registry, login in found.items()} == {"r.example.com": "for r.example.com"}
    assert notes == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "docker-credential-own does not run (No such file or directory)"),
        ("echo locked >&2; exit 2", "docker-credential-own failed (locked)"),
        ("echo hello", "docker-credential-own did not answer with a login"),
        ("echo {}", "docker-credential-own did not answer with a login"),
    ],
)
def test_a_helper_that_does_not_work_is_told_and_no_hindrance(home: Path, script: str | None, said: str) -> None:
    config(home, credsStore="own", auths=auths(**{"r.example.com": "one"}))
    if script:
        helper(home, "own", script)
    found, notes = find([IMAGE])
    assert found["r.example.com"]["password"] == "one", "what the file holds is used then"
    assert notes == [f"{home}/config.json: {said}; nothing is sent to log in at r.example.com"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is no Docker config.json"),
        ('{"auths": {"r.example.com": {"auth": "hunter2"}}}', "the login for r.example.com is not the base64"),
        ('{"auths": {"r.example.com": "hunter2"}}', "the login for r.example.com is no login"),
        ('{"auths": ["hunter2"]}', "the login for r.example.com is no login"),
    ],
)
def test_a_file_that_is_none(home: Path, text: str, said: str) -> None:
    (home / "config.json").write_text(text)
    with pytest.raises(LoginError) as raised:
        find([IMAGE])
    assert str(raised.value).startswith(str(home / "config.json"))
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LoginError, match=r"absent\.json cannot be read: No such file"):
        find([IMAGE], str(tmp_path / "absent.json"))


@pytest.mark.parametrize("entry", [{"username": "me"}, {"password": "hunter2"}, "hunter2", None])
def test_what_is_given_and_is_no_login(entry: Any) -> None:
    with pytest.raises(LoginError, match=r"^the login for r\.example\.com") as raised:
        find([IMAGE], "", {"r.example.com": entry})
    assert "hunter2" not in str(raised.value)
