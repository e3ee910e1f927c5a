"""Which registry an image is in, and what a Docker client's configuration says to log in there with.

A login is what the Engine takes: {"username", "password", "serveraddress"}, or "identitytoken" in
place of the first two.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

Login = dict[str, str]

HUB = "docker.io"
# What clients and their credential helpers call Docker Hub.
_HUB_SERVER = "https://index.docker.io/v1/"
_HUB_HOSTS = frozenset({HUB, "index.docker.io", "registry-1.docker.io"})
# Stands for the user's name where the secret is a token.
_TOKEN = "<token>"


class InvalidLogin(ValueError):
    """An entry that is no login; the message names its registry, and nothing of what it says."""


def registry_of(image: str) -> str:
    """The registry of an image, such as `docker.io` or `registry.example.com:5000`."""
    first, slash, _ = image.partition("/")
    return first if slash and ({".", ":"} & set(first) or first == "localhost") else HUB


def server(registry: str) -> str:
    """What credential helpers know a registry by."""
    return _HUB_SERVER if registry == HUB else registry


def host(address: str) -> str:
    """The registry that an entry is for: some carry a scheme or a path."""
    name = address.partition("://")[2] or address
    name = name.partition("/")[0]
    return HUB if name in _HUB_HOSTS else name


def helper(config: Mapping[str, Any], registry: str) -> str | None:
    """The credential helper that a configuration names for a registry: `docker-credential-<helper>`."""
    own = config.get("credHelpers") or {}
    return next((name for key, name in own.items() if host(key) == registry), None) or config.get("credsStore")


def stated(config: Mapping[str, Any], registry: str) -> Login | None:
    """The login that a configuration holds itself; an empty entry says that a helper has it."""
    for key, entry in (config.get("auths") or {}).items():
        if host(key) == registry and entry:
            return _of_entry(registry, entry)
    return None


def of_helper(registry: str, answer: Mapping[str, Any]) -> Login:
    """The login that a credential helper's answer is: {"Username", "Secret"}."""
    return given(registry, answer.get("Username"), answer.get("Secret"))


def given(registry: str, username: Any, password: Any) -> Login:
    """The login of a user's name and password, or of `<token>` and a token."""
    if not username or not password:
        raise InvalidLogin(f"the login for {registry} has no {'password' if username else 'username'}")
    if username == _TOKEN:
        return {"identitytoken": str(password), "serveraddress": server(registry)}
    return {"username": str(username), "password": str(password), "serveraddress": server(registry)}


def _of_entry(registry: str, entry: Mapping[str, Any]) -> Login:
    if entry.get("identitytoken"):
        return given(registry, _TOKEN, entry["identitytoken"])
    if not entry.get("auth"):
        return given(registry, entry.get("username"), entry.get("password"))
    try:
        username, _, password = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidLogin(f"the login for {registry} is not the base64 of user:password") from error
    # Old clients fill it up with zeros.
    return given(registry, username, password.rstrip("\0"))
