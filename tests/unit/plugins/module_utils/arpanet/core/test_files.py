from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.files import (
    Conflict,
    Found,
    Wanted,
    changed_keys,
    digest,
    in_place,
    plan,
)

ABSENT = Found("absent")


def text(content: str, **rest: object) -> Found:
    return Found("file", content.encode(), mode=0o644, owner="root", group="root", **rest)


@pytest.mark.parametrize(
    ("wanted", "found", "parts"),
    [
        (Wanted("/a", "file", b"x"), ABSENT, ("content", "kind")),
        (Wanted("/a", "file", b"x", mode=0o600), ABSENT, ("content", "kind", "mode")),
        (Wanted("/a", "file", b"x"), text("x"), None),
        (Wanted("/a", "file", b"x", mode=0o644, owner="root"), text("x"), None),
        (Wanted("/a", "file", b"x", mode=0o600), text("x"), ("mode",)),
        (Wanted("/a", "file", b"y", owner="serf"), text("x"), ("content", "owner")),
        (Wanted("/a", "file", b"y", keep=True), text("x"), None),
        (Wanted("/a", "file", b"y", keep=True, mode=0o600), text("x"), ("mode",)),
        (Wanted("/a", "file", b"y", keep=True), ABSENT, ("content", "kind")),
        (Wanted("/a", "file", b"x"), Found("link", target="/b"), ("content", "kind")),
        (Wanted("/a", "directory", mode=0o755), ABSENT, ("kind", "mode")),
        (Wanted("/a", "directory", mode=0o755), Found("directory", mode=0o755), None),
        (Wanted("/a", "directory", mode=0o755), Found("directory", mode=0o700), ("mode",)),
        (Wanted("/a", "link", target="/b"), ABSENT, ("kind", "target")),
        (Wanted("/a", "link", target="/b", mode=0o600), Found("link", target="/b"), None),
        (Wanted("/a", "link", target="/b"), Found("link", target="/c"), ("target",)),
        (Wanted("/a", "link", target="/b"), text("x"), ("kind", "target")),
        (Wanted("/a", "absent"), ABSENT, None),
        (Wanted("/a", "absent"), text("x"), ("kind",)),
    ],
)
def test_plan(wanted: Wanted, found: Found, parts: tuple[str, ...] | None) -> None:
    changes = plan([(wanted, found)])
    assert [change.parts for change in changes] == ([] if parts is None else [parts])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted("/a", "file", b"x"), Found("directory")),
        (Wanted("/a", "link", target="/b"), Found("directory")),
        (Wanted("/a", "directory"), text("x")),
        (Wanted("/a", "directory"), Found("other")),
    ],
)
def test_nothing_is_replaced_by_another_kind(wanted: Wanted, found: Found) -> None:
    with pytest.raises(Conflict, match="/a"):
        plan([(wanted, found)])


def test_diff_shows_what_differs() -> None:
    (change,) = plan([(Wanted("/a", "file", b"new\n", mode=0o600), text("old\n"))])
    assert (change.before, change.after) == ("mode: 0644\nold\n", "mode: 0600\nnew\n")


@pytest.mark.parametrize("found", [ABSENT, text("old secret"), Found("file", b"\xff")])
def test_diff_hides_a_secret(found: Found) -> None:
    (change,) = plan([(Wanted("/a", "file", b"new secret", secret=True), found)])
    assert "new secret" not in change.after
    assert "old secret" not in change.before
    assert change.before != change.after


def test_binary_is_not_printed() -> None:
    (change,) = plan([(Wanted("/a", "file", b"\xff\xfe"), text("x"))])
    assert change.after == "(binary, 2 bytes, new)\n"


@pytest.mark.parametrize(
    ("before", "after", "keys"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 3, "c": 4}', ["b", "c"]),
        ('{"a": 1}', "{}", ["a"]),
        ('{"a": 1}', '{"a" : 1}', []),
        ('{"a": null}', "{}", ["a"]),
        ("not json", "{}", None),
        ("[]", "{}", None),
    ],
)
def test_changed_keys(before: str, after: str, keys: list[str] | None) -> None:
    changes = plan([(Wanted("/a", "file", after.encode()), text(before))])
    assert changed_keys(changes) == ({} if keys is None else {"/a": keys})


def looked(kind: str, **rest: object) -> dict[str, object]:
    owned = {"mode": 0o644, "owner": "root", "group": "root"} if kind in ("file", "directory") else {}
    return {"kind": kind, "target": None, "mode": None, "owner": None, "group": None, "digest": None, **owned, **rest}


FILE = looked("file", digest=digest(b"x"))
DIRECTORY = looked("directory")


@pytest.mark.parametrize(
    ("entry", "said", "right"),
    [
        ({"content": "x"}, FILE, True),
        ({"content": "x", "mode": "0644", "owner": "root", "group": "root"}, FILE, True),
        ({"secret_content": "x"}, FILE, True),
        ({"content": "y"}, FILE, False),
        ({"content": "x", "mode": "0600"}, FILE, False),
        ({"content": "x", "owner": "serf"}, FILE, False),
        ({"content": "x"}, looked("absent"), False),
        ({"content": "x"}, looked("file"), False),  # its text was not told
        ({"content": "x"}, looked("link", target="/b"), False),
        ({"content": "y", "keep": True}, FILE, True),
        ({"content": "y", "keep": True}, looked("file"), True),
        ({"content": "y", "keep": True, "mode": "0600"}, FILE, False),
        ({"content": "y", "keep": True}, looked("absent"), False),
        ({"state": "directory", "mode": "0644"}, DIRECTORY, True),
        ({"state": "directory", "mode": "0755"}, DIRECTORY, False),
        ({"state": "directory"}, looked("link", target="/elsewhere"), False),
        ({"state": "link", "target": "/b"}, looked("link", target="/b"), True),
        ({"state": "link", "target": "/b"}, looked("link", target="/c"), False),
        ({"state": "absent"}, looked("absent"), True),
        ({"state": "absent"}, FILE, False),
        ({"content": "x"}, DIRECTORY, False),  # in conflict: for the module to say
        ({"content": "x", "mode": "644"}, FILE, False),  # no entry: likewise
    ],
)
def test_in_place(entry: dict[str, object], said: dict[str, object], right: bool) -> None:
    assert in_place({"/a": said}, [{"path": "/a", **entry}]) is right
    # One that is not right is enough, whatever else is.
    others = [{"path": "/b", "state": "absent"}]
    assert in_place({"/a": said, "/b": looked("absent")}, [*others, {"path": "/a", **entry}]) is right


def test_what_was_not_looked_at_is_not_in_place() -> None:
    assert not in_place({}, [{"path": "/a", "state": "absent"}])
    assert in_place({}, [])
