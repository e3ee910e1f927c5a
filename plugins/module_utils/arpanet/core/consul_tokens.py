"""Who may do what in Consul: a token for each purpose, with the policies behind it.

All tokens follow from one key that the managers keep. So each is known before Consul has heard of
it, making them can be cut off anywhere and done again, and a node can be handed its own without
being able to work out the others.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import names

# Makes all others; Consul is told of it by its servers' configuration.
MANAGEMENT = "management"

# Names of what is ours in Consul, so that nobody else's is ever changed.
PREFIX = "arpanet-"

# To list keys is to read them, and to know which there are.
_READ, _LIST, _WRITE = "read", "list", "write"
_EVERYTHING = ""

Rules = Mapping[str, str | Mapping[str, str]]

# Policies by name: resource to right, or to rights by name or prefix.
POLICIES: Mapping[str, Rules] = {
    # Consul's agents: their node in the catalog, the removal of what they no longer have, leaving.
    "agent": {
        "agent_prefix": {_EVERYTHING: _WRITE},
        "node_prefix": {_EVERYTHING: _WRITE},
        "service_prefix": {_EVERYTHING: _READ},
    },
    # Whoever may ask port 53 may know all of this anyway.
    "dns": {
        "node_prefix": {_EVERYTHING: _READ},
        "service_prefix": {_EVERYTHING: _READ},
    },
    # Our agent: instances under any name but the cluster's own, their leases, what it says of its node.
    "registrar": {
        "agent_prefix": {_EVERYTHING: _READ},
        "node_prefix": {_EVERYTHING: _READ},
        "service_prefix": {_EVERYTHING: _WRITE, PREFIX: _READ},
        "service": {"consul": _READ, names.AGENT_SERVICE: _WRITE},
        "key_prefix": {
            names.DEPLOYMENTS_PREFIX: _WRITE,
            names.IMAGES_PREFIX: _LIST,
            names.NODES_PREFIX: _WRITE,
            names.PULLS_PREFIX: _WRITE,
            names.SWARM_PREFIX: _READ,
            names.WEAVE_PREFIX: _WRITE,
        },
    },
    # Our agent on a manager, which may also lead and says what Swarm knows of each node.
    "leader": {
        "key": {names.LEADER_KEY: _WRITE},
        "key_prefix": {names.SWARM_PREFIX: _WRITE},
        "session_prefix": {_EVERYTHING: _WRITE},
    },
    # The registry of built images, which deploys push to.
    "registry": {
        "service": {names.REGISTRY_SERVICE: _WRITE},
    },
    # The playbooks.
    "deploy": {
        "key_prefix": {names.KV_ROOT: _WRITE},
        "node_prefix": {_EVERYTHING: _READ},
        "operator": _READ,
        "service_prefix": {_EVERYTHING: _READ},
        "session_prefix": {_EVERYTHING: _WRITE},
    },
    # Services that run where no Consul agent does.
    "catalog": {
        "node_prefix": {_EVERYTHING: _WRITE},
        "service_prefix": {_EVERYTHING: _WRITE, PREFIX: _READ},
        "service": {"consul": _READ},
    },
}

# The purposes of tokens, and the policies of each.
PURPOSES: Mapping[str, Sequence[str]] = {
    "agent": ("agent",),
    "dns": ("dns",),
    "registrar": ("registrar",),
    "leader": ("registrar", "leader"),
    "registry": ("registry",),
    "deploy": ("deploy",),
    "catalog": ("catalog",),
}
OF_WORKERS = ("agent", "dns", "registrar")
OF_MANAGERS = (*PURPOSES, MANAGEMENT)


def secret(key: str, purpose: str) -> str:
    """The token (Consul's SecretID) of a purpose."""
    return _uuid(key, f"secret {purpose}")


def accessor(key: str, purpose: str) -> str:
    """By what Consul's lists call the token. From it nobody can tell the token."""
    return _uuid(key, f"accessor {purpose}")


def of_worker(key: str) -> dict[str, str]:
    """All tokens that a worker has, by purpose."""
    return {purpose: secret(key, purpose) for purpose in OF_WORKERS}


def of_manager(key: str) -> dict[str, str]:
    """All tokens, by purpose."""
    return {purpose: secret(key, purpose) for purpose in OF_MANAGERS}


def _uuid(key: str, label: str) -> str:
    digest = hmac.new(key.strip().encode(), label.encode(), hashlib.sha256).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def rules(policy: str) -> str:
    """A policy as Consul takes it; its language has JSON as a dialect."""

    def right(value: str | Mapping[str, str]) -> Any:
        return value if isinstance(value, str) else {name: {"policy": level} for name, level in value.items()}

    return json.dumps({resource: right(value) for resource, value in POLICIES[policy].items()}, sort_keys=True)


# What Consul itself calls the token that its servers' configuration names, before 1.11 and since.
_FIRST = ("Master Token", "Initial Management Token")
# Consul's own policy for who may do anything, and a token that had it.
_ANYTHING = "global-management"
_RETIRED: Mapping[str, Any] = {"Description": f"{PREFIX}retired", "Policies": []}


@dataclass(frozen=True)
class Step:
    """One change: `kind` is policy or token, `name` what it is about, `body` what Consul is sent, None to
    delete it.

    `id` is that of what exists already; empty for something new.
    """

    kind: str
    name: str
    body: Mapping[str, Any] | None
    id: str = ""

    def __str__(self) -> str:
        verb = "delete" if self.body is None else "change" if self.id else "make"
        return f"{verb} {self.kind} {self.name}"


def policy_steps(found: Iterable[Mapping[str, Any]]) -> list[Step]:
    """What has to happen to the policies. `found` has ID, Name and Rules of those that exist."""
    there = {item["Name"]: item for item in found}
    steps = []
    for policy in POLICIES:
        name, text = f"{PREFIX}{policy}", rules(policy)
        old = there.get(name, {})
        if old.get("Rules") != text:
            body = {"Name": name, "Description": "arpanet.cluster", "Rules": text}
            steps.append(Step("policy", name, body, old.get("ID", "")))
    return steps


def token_steps(key: str, found: Iterable[Mapping[str, Any]], management: bool = False) -> list[Step]:
    """What has to happen to the tokens. `found` has AccessorID and Policies of those that exist.

    `management` is made as well only for a key that the servers' configuration does not know yet.
    """
    there = {item["AccessorID"]: item for item in found}
    purposes = {purpose: sorted(f"{PREFIX}{policy}" for policy in policies) for purpose, policies in PURPOSES.items()}
    if management:
        purposes[MANAGEMENT] = [_ANYTHING]
    steps = []
    for purpose, wanted in purposes.items():
        mine = accessor(key, purpose)
        old = there.get(mine)
        if old is None or sorted(link["Name"] for link in old.get("Policies") or ()) != wanted:
            body = {
                "AccessorID": mine,
                "SecretID": secret(key, purpose),
                "Description": f"{PREFIX}{purpose}",
                "Policies": [{"Name": name} for name in wanted],
            }
            steps.append(Step("token", f"{PREFIX}{purpose}", body, mine if old else ""))
    return steps


def old_tokens(key: str, found: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The tokens of ours that follow from other keys, to be deleted. `found` has their Description, too.

    One that could do anything stays, and may do nothing: servers remember the first token that they started with, and
    whichever leads next makes it anew, with all its rights, if it is not there.
    Empty while management does not follow from this key: it would be the last one that may do anything.
    """
    known = list(found)
    mine = {accessor(key, purpose) for purpose in OF_MANAGERS}
    if accessor(key, MANAGEMENT) not in {item["AccessorID"] for item in known}:
        return []
    return [
        Step("token", item["Description"], _RETIRED if _may_do_anything(item) else None, item["AccessorID"])
        for item in known
        if item["AccessorID"] not in mine
        and item.get("Description") != _RETIRED["Description"]
        and (item.get("Description", "").startswith(PREFIX) or item.get("Description") in _FIRST)
    ]


def _may_do_anything(token: Mapping[str, Any]) -> bool:
    return _ANYTHING in {link["Name"] for link in token.get("Policies") or ()}
