"""What is never shown, and what may be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.secrecy import (
    HIDDEN,
    masked,
    masked_pair,
    sounds_secret,
)


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "password", "API_KEY", "token", "ClientSecret", "BASIC_AUTH", "PRIVATE_PEM", "passphrase"]
)
def test_names_that_sound_secret(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize("name", ["USER", "PATH", "LANG", "replicas", "SecretName", ""])
def test_names_that_do_not(name: str) -> None:
    assert not sounds_secret(name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("server --password=x y", f"server --password={HIDDEN} y"),
        ("password: x", f"password: {HIDDEN}"),
        ("PASSWD=x,user=y", f"PASSWD={HIDDEN},user=y"),
        ("addr=nas,username=u,password=p w", f"addr=nas,username=u,password={HIDDEN} w"),
        ("?api_key=x", f"?api_key={HIDDEN}"),
        ("https://user:x@host:80/path", f"https://user:{HIDDEN}@host:80/path"),
        ("redis://:x@host", f"redis://:{HIDDEN}@host"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("node.labels.token", "node.labels.token"),
        ("example.net/my-token:1.2", "example.net/my-token:1.2"),
        ("", ""),
        (None, None),
        (True, True),
        (7, 7),
        (["redis-server", "--requirepass", "x", "y"], ["redis-server", "--requirepass", HIDDEN, "y"]),
        (["-p", "x", "--port", "80"], ["-p", "x", "--port", "80"]),
        (["--token=x", "y"], [f"--token={HIDDEN}", "y"]),
        ("exec redis-server --requirepass x y", f"exec redis-server --requirepass {HIDDEN} y"),
        ("server --no-password --port 80", "server --no-password --port 80"),
        (["a", "token=x"], ["a", f"token={HIDDEN}"]),
        ({"TOKEN": "x", "USER": "y"}, {"TOKEN": HIDDEN, "USER": "y"}),
        ({"TOKEN": ""}, {"TOKEN": ""}),
        ({"TOKEN": 7}, {"TOKEN": HIDDEN}),
        ({"secrets": [{"source": "db"}]}, {"secrets": [{"source": "db"}]}),
        ({"secrets": {"key": {"file": "x"}}}, {"secrets": {"key": {"file": "x"}}}),
    ],
    ids=str,
)
def test_masked(value: Any, expected: Any) -> None:
    assert masked(value) == expected


def test_masking_twice_is_masking_once() -> None:
    once = masked({"TOKEN": "x", "command": ["--password=x", "https://u:p@h"]})
    assert masked(once) == once


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("TOKEN", "a", "a", (HIDDEN, HIDDEN)),
        ("TOKEN", "a", "b", (HIDDEN, f"{HIDDEN}, changed")),
        ("TOKEN", None, "b", (None, HIDDEN)),
        ("TOKEN", "a", None, (HIDDEN, None)),
        ("USER", "a", "b", ("a", "b")),
        (
            "Args",
            ["--token=a"],
            ["--token=b"],
            ([f"--token={HIDDEN}"], [[f"--token={HIDDEN}"], "(hidden part changed)"]),
        ),
    ],
)
def test_two_values_that_differ_never_look_the_same(
    name: str, before: Any, after: Any, expected: tuple[Any, Any]
) -> None:
    assert masked_pair(name, before, after) == expected
