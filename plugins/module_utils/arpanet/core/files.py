"""What has to happen to a list of paths: wanted and found in, a plan out.

Nothing here touches a file. A plan says for each path which parts differ, and carries
what a diff may show of it; the text of a secret never gets that far.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

HIDDEN = "(secret)"


@dataclass(frozen=True)
class Wanted:
    """One path as it should be. ``None`` means: whatever it is."""

    path: str
    kind: str  # file, directory, link, absent
    content: bytes | None = None
    target: str | None = None
    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    validate: str | None = None
    secret: bool = False
    keep: bool = False  # an existing file keeps its content


@dataclass(frozen=True)
class Found:
    """One path as it is. Owner and group by name, or as a number where there is no name."""

    kind: str  # file, directory, link, absent, other
    content: bytes | None = None
    target: str | None = None
    mode: int | None = None
    owner: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Change:
    """What differs about one path.

    ``parts`` is a sorted subset of kind, content, target, mode, owner, group. ``keys`` are
    the top-level keys that differ where both texts are JSON objects, and None elsewhere.
    """

    wanted: Wanted
    parts: tuple[str, ...]
    before: str
    after: str
    keys: tuple[str, ...] | None = None


class Conflict(Exception):
    """A path is something that must not be replaced by what is wanted there."""


def wanted(entry: Mapping[str, Any]) -> Wanted:
    """One entry as the module `files` takes it; ValueError where it is none."""
    path, kind, mode = entry["path"], entry.get("state") or "file", entry.get("mode")
    if not path.startswith("/"):
        raise ValueError(f"{path} is not an absolute path")
    if mode is not None and not re.fullmatch(r"0[0-7]{3,4}", mode):
        raise ValueError(f"{path}: mode {mode!r} is not a quoted octal number such as '0644'")
    secret = entry.get("secret_content")
    text = entry.get("content") if secret is None else secret
    if kind == "file" and text is None:
        raise ValueError(f"{path}: a file needs content or secret_content")
    if kind == "link" and not entry.get("target"):
        raise ValueError(f"{path}: a link needs a target")
    return Wanted(
        path=path,
        kind=kind,
        content=None if text is None else text.encode(),
        target=entry.get("target"),
        mode=None if mode is None else int(mode, 8),
        owner=entry.get("owner"),
        group=entry.get("group"),
        validate=entry.get("validate"),
        secret=secret is not None,
        keep=bool(entry.get("keep")),
    )


def json_text(value: object) -> str:
    """JSON as all our files have it, whoever writes them."""
    return json.dumps(value, indent=4, sort_keys=True) + "\n"


def merged(value: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One object over another, objects inside of them likewise."""
    found = dict(value)
    for key, item in over.items():
        below = found.get(key)
        found[key] = merged(below, item) if isinstance(below, Mapping) and isinstance(item, Mapping) else item
    return found


def plan(pairs: Iterable[tuple[Wanted, Found]]) -> list[Change]:
    """The changes, in the order of what was asked for; nothing for what is right already."""
    return [change for wanted, found in pairs if (change := _compare(wanted, found))]


def digest(text: bytes) -> str:
    """What the look at a node says in place of a text."""
    return hashlib.sha256(text).hexdigest()


def in_place(looked: Mapping[str, Mapping[str, Any]], entries: Iterable[Mapping[str, Any]]) -> bool:
    """Whether all paths are as the module `files` would leave them, by what a look said of them.

    ``looked`` is path to the fields of `Found`, with ``digest`` for ``content``. What was not looked at is not in
    place, and what is no entry, or in conflict, is for the module to say.
    """
    try:
        return not plan((entry, _looked(looked[entry.path], entry)) for entry in map(wanted, entries))
    except (KeyError, ValueError, Conflict):
        return False


def _looked(said: Mapping[str, Any], entry: Wanted) -> Found:
    fields = dict(said)
    seen = fields.pop("digest", None)
    same = entry.content is not None and seen == digest(entry.content)
    return replace(Found(**fields), content=entry.content if same else None)


def _compare(wanted: Wanted, found: Found) -> Change | None:
    if wanted.kind == "absent":
        if found.kind == "absent":
            return None
        return Change(wanted, ("kind",), f"{found.kind}\n", "absent\n")
    if found.kind == "directory" and wanted.kind != "directory":
        raise Conflict(f"{wanted.path} is a directory and should be a {wanted.kind}; move it away")
    if found.kind not in ("absent", "link") and wanted.kind == "directory" != found.kind:
        raise Conflict(f"{wanted.path} is a {found.kind} and should be a directory; move it away")

    parts = set()
    if wanted.kind != found.kind:
        parts.add("kind")
    rewritten = wanted.kind != found.kind or not wanted.keep
    if wanted.kind == "file" and rewritten and wanted.content != found.content:
        parts.add("content")
    if wanted.kind == "link":
        # A link has no mode of its own, and its owner does not matter.
        if wanted.target != found.target:
            parts.add("target")
    else:
        for part in ("mode", "owner", "group"):
            value = getattr(wanted, part)
            if value is not None and value != getattr(found, part):
                parts.add(part)
    if not parts:
        return None
    return Change(
        wanted,
        tuple(sorted(parts)),
        _describe(found, parts, wanted.secret),
        _describe(wanted, parts, wanted.secret),
        _keys(wanted, found) if "content" in parts else None,
    )


def _describe(state: Wanted | Found, parts: set[str], secret: bool) -> str:
    """The lines of one side of a diff: the attributes that differ, then the text."""
    if state.kind == "absent":
        return ""
    lines = []
    if "kind" in parts:
        lines.append(f"state: {state.kind}")
    if "target" in parts and state.target is not None:
        lines.append(f"target: {state.target}")
    for part in ("mode", "owner", "group"):
        value = getattr(state, part)
        if part in parts and value is not None:
            lines.append(f"{part}: {value:04o}" if part == "mode" else f"{part}: {value}")
    text = "".join(f"{line}\n" for line in lines)
    if "content" in parts and state.kind == "file":
        text += _text(state.content, secret, "new" if isinstance(state, Wanted) else "old")
    return text


def _text(content: bytes | None, secret: bool, side: str) -> str:
    if content is None:
        return ""
    if secret:
        # Both sides differ, and neither the text nor a digest of it is shown.
        return f"{HIDDEN} {side}\n"
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"(binary, {len(content)} bytes, {side})\n"


def _keys(wanted: Wanted, found: Found) -> tuple[str, ...] | None:
    if found.content is None or wanted.content is None:
        return None
    try:
        before, after = json.loads(found.content), json.loads(wanted.content)
    except ValueError:
        return None
    if not isinstance(before, dict) or not isinstance(after, dict):
        return None
    missing = object()
    names = set(before) | set(after)
    return tuple(sorted(k for k in names if before.get(k, missing) != after.get(k, missing)))


def changed_keys(changes: Iterable[Change]) -> Mapping[str, list[str]]:
    """Path to the JSON keys that differ; only files that were and stay JSON objects."""
    return {change.wanted.path: list(change.keys) for change in changes if change.keys is not None}
