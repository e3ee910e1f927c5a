"""The controller's logins at image registries, as `docker login` has left them there."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core import logins
from ..core.logins import Login

# In place of a file: no login is looked for.
NONE = "none"
_HELPER_SECONDS = 30
_UNKNOWN = "credentials not found"


class LoginError(Exception):
    """Logins that cannot be read; the message names the file, and nothing of a password."""


def find(
    images: Iterable[str], file: str = "", given: Mapping[str, Any] | None = None
) -> tuple[dict[str, Login], list[str]]:
    """Logins for the registries of some images, where there are any, and what did not work.

    :param file: a Docker client's configuration; its usual one when empty, none at all for "none".
    :param given: {registry: {"username", "password"}}; they come before those of the file.
    """
    config = _config(file)
    stated = {logins.host(str(key)): entry for key, entry in (given or {}).items()}
    found: dict[str, Login] = {}
    notes = []
    for registry in sorted({logins.registry_of(image) for image in images}):
        try:
            login, note = _of(registry, stated, config)
        except (logins.InvalidLogin, AttributeError, TypeError) as error:
            what = str(error) if isinstance(error, logins.InvalidLogin) else f"the login for {registry} is no login"
            raise LoginError(what if registry in stated else f"{_path(file)}: {what}") from error
        if login:
            found[registry] = login
        if note:
            notes.append(f"{_path(file)}: {note}; nothing is sent to log in at {registry}")
    return found, notes


def _of(registry: str, stated: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[Login | None, str]:
    if registry in stated:
        entry = stated[registry]
        return logins.given(registry, entry.get("username"), entry.get("password")), ""
    helper = logins.helper(config, registry)
    login, note = _asked(helper, registry) if helper else (None, "")
    return login or logins.stated(config, registry), note


def _config(file: str) -> dict[str, Any]:
    if file == NONE:
        return {}
    path = _path(file)
    if not path.exists() and not file:
        return {}
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise LoginError(f"{path} cannot be read: {error.strerror}; give a Docker config.json, or none") from error
    except ValueError as error:
        raise LoginError(f"{path} is not JSON: give a Docker config.json, or none") from error
    if not isinstance(found, dict):
        raise LoginError(f"{path} is no Docker config.json: give one, or none")
    return found


def _path(file: str) -> Path:
    if file:
        return Path(file).expanduser()
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"


def _asked(helper: str, registry: str) -> tuple[Login | None, str]:
    """The login that a credential helper has, and what is wrong when it does not work."""
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=logins.server(registry),
            capture_output=True,
            text=True,
            timeout=_HELPER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"{program} does not run ({getattr(error, 'strerror', None) or 'no answer'})"
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        return None, "" if _UNKNOWN in said else f"{program} failed ({said[:200]})"
    try:
        return logins.of_helper(registry, json.loads(done.stdout)), ""
    except (ValueError, AttributeError):
        return None, f"{program} did not answer with a login"
