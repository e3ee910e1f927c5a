"""Members of the cluster as hosts of an inventory."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .members import ALIVE, Member
from .tags import LABEL, OWN

GROUPS = {"manager": "managers", "worker": "workers"}


class NoMembers(ValueError):
    """What was read is no list of members; the message says what it is."""


@dataclass(frozen=True)
class Host:
    """A host with its variables and groups (which may have characters that Ansible replaces)."""

    name: str
    variables: Mapping[str, Any]
    groups: tuple[str, ...]


def members(text: str) -> list[Member]:
    """From what `serf members -format=json` prints, or NoMembers."""
    try:
        listed = json.loads(text)["members"] or []
        return [
            Member(
                name=str(one["name"]),
                # Nothing else may become an argument of ssh.
                address=str(ipaddress.ip_address(str(one["addr"]).rpartition(":")[0].strip("[]"))),
                port=int(str(one["addr"]).rpartition(":")[2]),
                status=str(one["status"]),
                tags={str(name): str(value) for name, value in (one.get("tags") or {}).items()},
            )
            for one in listed
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoMembers(f"{text.strip()[:80]!r} is no list of members") from error


def hosts(found: Iterable[Member], statuses: Collection[str] = (ALIVE,)) -> list[Host]:
    """Those with one of these statuses, by name."""
    chosen = sorted((one for one in found if one.status in statuses), key=lambda one: one.name)
    return [Host(one.name, _variables(one), tuple(_groups(one))) for one in chosen]


def _variables(member: Member) -> dict[str, Any]:
    tags = dict(member.tags)
    return {
        "ansible_host": member.address,
        "arpanet_address": _address(tags.get("address", "")) or member.address,
        "arpanet_status": member.status,
        "arpanet_role": tags.get("role", ""),
        "arpanet_swarm": tags.get("swarm", ""),
        "arpanet_availability": tags.get("availability", ""),
        "arpanet_labels": {name.removeprefix(LABEL): text for name, text in tags.items() if name.startswith(LABEL)},
        "arpanet_tags": tags,
    }


def _address(text: str) -> str:
    """Empty where it is none: tags are what a member says of itself."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _groups(member: Member) -> Iterable[str]:
    tags = member.tags
    if group := GROUPS.get(tags.get("role", "")):
        yield group
    yield f"serf_{member.status}"
    for name in ("swarm", "availability"):
        if tags.get(name):
            yield f"{name}_{tags[name]}"
    for name, value in tags.items():
        if name.startswith(LABEL):
            yield f"label_{name.removeprefix(LABEL)}_{value}"
        elif name not in OWN:
            yield f"tag_{name}_{value}"
