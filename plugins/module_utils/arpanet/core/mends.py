"""Commands that mend what is wrong, or say more of it, as somebody pastes them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from . import names
from .consul_config import TOKENS
from .consul_tokens import MANAGEMENT

# What only who deploys it knows.
FILE = "FILE"


def play(name: str, limit: str = "", tags: str = "", **variables: object) -> str:
    """A playbook of ours, on the controller; `limit` is what the inventory calls a host, which may be another name."""
    words = ["ansible-playbook", f"{name}.yml", *(f"-e {key}={value}" for key, value in variables.items())]
    words += [f"--{option} {value}" for option, value in (("limit", limit), ("tags", tags)) if value]
    return f"`{' '.join(words)}`"


def deploy(deployment: str, **variables: str) -> str:
    """To deploy it from its file."""
    return play("deploy", stack=FILE, deployment=deployment, **variables)


def anew(deployment: str) -> str:
    """To give a deployment other networks: it is gone in between, and its volumes stay."""
    return f"{play('remove', deployment=deployment)}, then {deploy(deployment)}"


def service(verb: str, node: str, *units: str) -> str:
    """To have systemd do something with units of a node."""
    return f"`systemctl {verb} {_units(units)}` on {node}"


def journal(node: str, *units: str) -> str:
    """Where units of a node say what befell them."""
    return f"`journalctl{''.join(f' -u {unit}' for unit in _units(units).split())} -n 50` on {node}"


def consul(words: str, *arguments: str) -> str:
    """One of Consul's commands, with the right to do it."""
    given = [f"-token-file={TOKENS}/{MANAGEMENT}", *map(shlex.quote, arguments)]
    return f"`{' '.join(['consul', words, *given])}` on a manager"


def members(node: str) -> str:
    """Whom a node's Consul knows; a worker may ask this, too."""
    return f"`consul members -token-file={TOKENS}/agent` on {node}"


def delete(key: str) -> str:
    """To delete a key in Consul."""
    return consul("kv delete", key)


def write(key: str, value: Mapping[str, object]) -> str:
    """To have this value in a key of Consul; an empty one has no key."""
    return consul("kv put", key, json.dumps(value, sort_keys=True)) if value else delete(key)


def tasks(deployment: str, name: str) -> str:
    """What became of a service's tasks, and what they said."""
    full = names.swarm_name(deployment, name)
    return f"`docker service ps --no-trunc {full}` and `docker service logs --tail 50 {full}` on a manager"


def _units(units: tuple[str, ...]) -> str:
    return " ".join(unit.removesuffix(".service") for unit in units)
