"""Registries of images, and logins as a Docker client's configuration holds them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import logins
from docker import auth


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


IMAGES = [
    ("redis", "docker.io"),
    ("acme/web:1", "docker.io"),
    ("docker.io/acme/web", "docker.io"),
    ("localhost/web", "localhost"),
    ("registry:5000/web:1", "registry:5000"),
    ("registry.example.com/a/b/c@sha256:01", "registry.example.com"),
]


@pytest.mark.parametrize(("image", "registry"), IMAGES)
def test_the_registry_of_an_image(image: str, registry: str) -> None:
    assert logins.registry_of(image) == registry
    # What the Engine's own library thinks.
    assert auth.resolve_repository_name(image.partition("@")[0])[0] == registry


CONFIG = {
    "auths": {
        "https://index.docker.io/v1/": {"auth": encoded("me:hub")},
        "registry:5000": {"auth": encoded("robot:a:b"), "email": "r@example.com"},
        "https://old.example.com/v1/": {"auth": encoded("old:pw\0\0")},
        "token.example.com": {"auth": encoded("x:y"), "identitytoken": "t0ken"},
        "plain.example.com": {"username": "u", "password": "p"},
        "kept.example.com": {},
    }
}


@pytest.mark.parametrize(
    ("registry", "user", "password"),
    [
        ("docker.io", "me", "hub"),
        ("registry:5000", "robot", "a:b"),
        ("old.example.com", "old", "pw"),
        ("plain.example.com", "u", "p"),
    ],
)
def test_a_login_that_the_file_holds(registry: str, user: str, password: str) -> None:
    found = logins.stated(CONFIG, registry)
    assert found is not None
    assert (found["username"], found["password"]) == (user, password)
    assert found["serveraddress"] == ("https://index.docker.io/v1/" if registry == "docker.io" else registry)


def test_a_token_in_place_of_a_password() -> None:
    wanted = {"identitytoken": "t0ken", "serveraddress": "token.example.com"}
    assert logins.stated(CONFIG, "token.example.com") == wanted
    assert logins.of_helper("token.example.com", {"Username": "<token>", "Secret": "t0ken"}) == wanted


@pytest.mark.parametrize("registry", ["kept.example.com", "other.example.com"])
def test_no_login(registry: str) -> None:
    assert logins.stated(CONFIG, registry) is None


def test_helpers() -> None:
    config = {"credsStore": "desktop", "credHelpers": {"https://1.dkr.example.com/v2/": "ecr-login"}}
    assert logins.helper(config, "1.dkr.example.com") == "ecr-login"
    assert logins.helper(config, "docker.io") == "desktop"
    assert logins.helper({}, "docker.io") is None


@pytest.mark.parametrize("entry", [{"auth": "*"}, {"auth": encoded("nobody")}, {"auth": encoded(":x")}, {"x": "y"}])
def test_what_is_no_login(entry: dict[str, Any]) -> None:
    with pytest.raises(logins.InvalidLogin, match=r"the login for r\.example\.com"):
        logins.stated({"auths": {"r.example.com": entry}}, "r.example.com")
