"""What the agent is told: /etc/arpanet/agent.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

DEFAULT_PATH = "/etc/arpanet/agent.json"


class ConfigError(Exception):
    """The configuration cannot be used; the message says which file, what and why."""


@dataclass(frozen=True)
class Config:
    """`address` is the node's for its peers. An empty `node` means the name that the node's Consul
    agent has. `token_file` holds the token for Consul. `interval` is in seconds. `serf` is the address of
    its RPC, `tags` are the user's own."""

    address: str
    node: str = ""
    consul: str = "http://127.0.0.1:8500"
    token_file: str = ""
    docker: str = "unix:///var/run/docker.sock"
    serf: str = "127.0.0.1:7373"
    tags: Mapping[str, str] = field(default_factory=dict)
    interval: float = 30


def load(path: Path) -> Config:
    """Read the file, or raise ConfigError."""
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. The agent's role writes it") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{path} holds {type(value).__name__}, not an object")
    return _checked(path, value)


def _checked(path: Path, value: dict[str, Any]) -> Config:
    known = {field.name for field in fields(Config)}
    unknown = sorted(set(value) - known)
    if unknown:
        raise ConfigError(f"{path} has unknown keys {', '.join(unknown)}: known are {', '.join(sorted(known))}")
    for name in sorted(known - {"interval", "tags"}):
        if not isinstance(value.get(name, ""), str):
            raise ConfigError(f"{path}: {name} is {value[name]!r}, not a string")
    if not value.get("address"):
        raise ConfigError(f"{path}: address is missing: the node's address for its peers")
    tags = value.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(text, str) for text in tags.values()):
        raise ConfigError(f"{path}: tags is {tags!r}, not an object of strings")
    interval = value.get("interval", Config.interval)
    if isinstance(interval, bool) or not isinstance(interval, int | float) or interval < 1:
        raise ConfigError(f"{path}: interval is {interval!r}, not a number of seconds from 1 on")
    return Config(**value)
