"""The Compose Spec's schema, as the reference implementation of this environment carries it in its binary."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.compose import find_command

Schema = dict[str, Any]


@cache
def schema() -> Schema:
    with Path(find_command()[0]).open("rb") as binary, mmap.mmap(binary.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.rfind(b"{", 0, data.find(b'"compose_spec.json"'))
        text = data[start : start + 200_000].decode(errors="replace")
    found: Schema
    found, _ = json.JSONDecoder().raw_decode(text)
    return found


def services() -> Schema:
    keys: Schema = definition("service")["properties"]
    return keys


def definition(name: str) -> Schema:
    found: Schema = schema()["definitions"][name]
    return found


def paths(part: Any, at: str = "") -> Iterator[str]:
    """Paths of the keys below a part of the schema that have no keys of their own, `*` for any item or name."""
    if isinstance(part, dict) and "$ref" in part:
        part = definition(part["$ref"].rsplit("/", 1)[-1])
    below = [path for key, inner in _below(part) for path in paths(inner, f"{at}.{key}" if at else key)]
    yield from below or ([at] if at else [])


def _below(part: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(part, dict):
        return
    yield from part.get("properties", {}).items()
    for kind in ("oneOf", "anyOf"):
        for choice in part.get(kind, []):
            target = definition(choice["$ref"].rsplit("/", 1)[-1]) if "$ref" in choice else choice
            yield from _below(target)
    if isinstance(part.get("items"), dict):
        yield "*", part["items"]
    for name, inner in part.get("patternProperties", {}).items():
        if name != "^x-":
            yield "*", inner
