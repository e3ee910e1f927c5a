"""A managed plugin of the Engine: what it should be, what it is, and the steps between.

The Engine changes settings only of a disabled plugin, and its files not at all: another version is removed
and made anew, under the same name, so that networks of that driver stay what they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .checksums import sha256

DISABLE, REMOVE, INSTALL, SET, ENABLE = "disable", "remove", "install", "set", "enable"

# What a plugin made from a bundle carries in its environment: which bundle. No file can disagree with it.
MARK = "ARPANET_BUNDLE"


class PluginError(ValueError):
    """A plugin cannot be what is asked; the message says which and what to do."""


@dataclass(frozen=True)
class Wanted:
    """`source` is a registry's reference, or `sha256:…` of a bundle; empty for the one that is there."""

    source: str
    settings: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True)
class Installed:
    """A plugin as the Engine has it; `settings` are all variables of its environment."""

    source: str
    settings: Mapping[str, str]
    enabled: bool


def installed(found: Mapping[str, Any]) -> Installed:
    """A plugin from `GET /plugins/<name>/json`."""
    environment = dict(entry.partition("=")[::2] for entry in (found.get("Settings") or {}).get("Env") or [])
    mark = environment.pop(MARK, "")
    return Installed(
        mark or short_reference(str(found.get("PluginReference") or "")), environment, bool(found["Enabled"])
    )


def short_reference(reference: str) -> str:
    """A reference as people write it: without Docker Hub's name and with its tag."""
    short = reference.removeprefix("docker.io/").removeprefix("library/")
    return short if ":" in short.rpartition("/")[2] or not short else f"{short}:latest"


def steps(wanted: Wanted | None, there: Installed | None) -> list[str]:
    """What has to be done, in order; None stands for no plugin.

    A plugin that a run has left half made is finished by the same steps.
    """
    if wanted is None:
        return [] if there is None else [*([DISABLE] if there.enabled else []), REMOVE]
    if there is None and not wanted.source:
        raise PluginError("it is not installed, and nothing says where it comes from")
    replaced = there is None or bool(wanted.source and there.source != short_source(wanted.source))
    differs = replaced or bool(differing(wanted, there))
    found = []
    if there is not None and there.enabled and (differs or not wanted.enabled):
        found.append(DISABLE)
    if replaced:
        found += [*([REMOVE] if there is not None else []), INSTALL]
    if differs and wanted.settings:
        found.append(SET)
    if wanted.enabled and (differs or there is None or not there.enabled):
        found.append(ENABLE)
    return found


def short_source(source: str) -> str:
    """A source as `installed` gives it."""
    return source if source.startswith("sha256:") else short_reference(source)


def differing(wanted: Wanted, there: Installed | None) -> list[str]:
    """The settings that are otherwise, by name."""
    have = there.settings if there else {}
    return sorted(name for name, value in wanted.settings.items() if have.get(name, "") != value)


def bundle_source(checksum: str, text: Mapping[str, Any], additions: Mapping[str, str]) -> str:
    """What names a bundle: the digest of its archive's checksum, its configuration, and what is added to that."""
    parts = [sha256(checksum), text, dict(additions)]
    return f"sha256:{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()}"


def config(text: Mapping[str, Any], source: str, additions: Mapping[str, str]) -> dict[str, Any]:
    """A bundle's plugin configuration with its mark, and with variables that it does not know."""
    if not isinstance(text.get("interface"), Mapping) or not text.get("entrypoint"):
        raise PluginError("config.json is no plugin's configuration: it has no interface or no entrypoint")
    known = [dict(entry) for entry in text.get("env") or []]
    names = {entry.get("name") for entry in known}
    more = [{"name": name, "value": value} for name, value in sorted(additions.items()) if name not in names]
    return {**text, "env": [*known, *more, {"name": MARK, "value": source}]}


def as_diff(wanted: Wanted | None, there: Installed | None, secret: frozenset[str]) -> dict[str, Any]:
    """Ansible's before/after; of a secret setting, only that it is another one."""

    def shown(name: str, value: str, other: str) -> str:
        return value if name not in secret else "(secret)" if value == other else "(another secret)"

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    have = there.settings if there else {}
    if there:
        before = {"source": there.source, "enabled": there.enabled}
    if wanted:
        source = short_source(wanted.source) if wanted.source or not there else there.source
        after = {"source": source, "enabled": wanted.enabled}
        for name, value in wanted.settings.items():
            after[name] = shown(name, value, value)
            if there:
                before[name] = shown(name, have.get(name, ""), value)
    return {"before": before, "after": after}
