"""The table of compose keys: complete, and true of what is said about a stack."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import (
    HONOURED,
    PART_KEYS,
    REFUSED,
    SERVICE_KEYS,
    TOP_KEYS,
    TRANSLATED,
    WARNED,
    Unsupported,
    check,
)
from fakes import compose_schema

EVERY = {**SERVICE_KEYS, **PART_KEYS, **TOP_KEYS}


def model(service: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    return {"name": "abc", "services": {"web": {"image": "x", **(service or {})}}, **top}


def decided(path: str, table: dict[str, tuple[str, str]]) -> bool:
    """Whether the table says something of a path, or of something that it is a part of."""
    steps = path.split(".")
    starts = [".".join(steps[:length]) for length in range(1, len(steps) + 1)]
    return any(start in table or f"{start}.*" in table for start in starts)


# Complete: every key that the reference implementation lets through has a verdict


def test_every_key_of_a_service_has_a_verdict() -> None:
    assert set(SERVICE_KEYS) == set(compose_schema.services())


@pytest.mark.parametrize("key", sorted({path.split(".")[0] for path in PART_KEYS}))
def test_every_part_of_a_key_has_a_verdict(key: str) -> None:
    known = set(compose_schema.paths(compose_schema.services()[key], key)) - {key, f"{key}.*"}
    assert sorted(path for path in known if not decided(path, PART_KEYS)) == []
    stated = {path.removesuffix(".*") for path in PART_KEYS if path.startswith(f"{key}.")}
    assert sorted(path for path in stated if not any(f"{one}.".startswith(f"{path}.") for one in known)) == []


@pytest.mark.parametrize("key", sorted(compose_schema.schema()["properties"]))
def test_everything_that_a_stack_declares_has_a_verdict(key: str) -> None:
    known = set(compose_schema.paths(compose_schema.schema()["properties"][key], key)) - {key, f"{key}.*"}
    if key != "services":
        assert sorted(path for path in known if not decided(path, TOP_KEYS)) == []


@pytest.mark.parametrize("path", EVERY)
def test_a_verdict_says_why(path: str) -> None:
    verdict, why = EVERY[path]
    assert verdict in (HONOURED, TRANSLATED, WARNED, REFUSED)
    assert why or verdict == HONOURED
    assert not why.endswith(".")


# True: what a table says of a key is what a stack with it gets

SOMETHING = {"any": "thing"}


@pytest.mark.parametrize("key", [key for key, (verdict, _) in SERVICE_KEYS.items() if verdict == WARNED])
def test_an_ignored_key_is_named_with_its_service(key: str) -> None:
    assert check(model({key: SOMETHING})) == [f"service web: '{key}' is ignored: {SERVICE_KEYS[key][1]}"]


@pytest.mark.parametrize("key", [key for key, (verdict, _) in SERVICE_KEYS.items() if verdict == REFUSED])
def test_a_refused_key_is_named_with_its_service(key: str) -> None:
    with pytest.raises(Unsupported) as raised:
        check(model({key: SOMETHING}))
    assert str(raised.value) == f"service web: '{key}' is refused: {SERVICE_KEYS[key][1]}"


@pytest.mark.parametrize(
    "key", [key for key, (verdict, _) in SERVICE_KEYS.items() if verdict in (HONOURED, TRANSLATED)]
)
def test_nothing_is_said_of_the_others(key: str) -> None:
    assert check(model({key: "anything"})) == []


def nested(path: str) -> Any:
    """Something that says something at a path, `*` as an item of a list."""
    found: Any = "said"
    for step in reversed(path.split(".")):
        found = [found] if step == "*" else {step: found}
    return found


@pytest.mark.parametrize("path", [path for path, (verdict, _) in PART_KEYS.items() if verdict in (WARNED, REFUSED)])
def test_parts_are_named_by_their_path(path: str) -> None:
    verdict, why = PART_KEYS[path]
    word = {WARNED: "ignored", REFUSED: "refused"}[verdict]
    line = f"service web: '{path.replace('.*', '')}' is {word}: {why}"
    stated = model(nested(path))
    if verdict == WARNED:
        assert check(stated) == [line]
    else:
        with pytest.raises(Unsupported) as raised:
            check(stated)
        assert str(raised.value) == line


@pytest.mark.parametrize("path", [path for path, (verdict, _) in TOP_KEYS.items() if verdict == WARNED])
def test_declared_things_are_named(path: str) -> None:
    kind, _, key = path.split(".")
    assert check(model(**{kind: {"one": {key: "said"}}})) == [
        f"{kind[:-1]} one: '{key}' is ignored: {TOP_KEYS[path][1]}"
    ]
    assert check(model(**{kind: {"one": {key: "said", "external": True}}})) == []


def test_a_secret_of_a_driver() -> None:
    with pytest.raises(Unsupported, match="secret s: 'driver' is refused"):
        check(model(secrets={"s": {"driver": "vault", "data": "eA=="}}))


@pytest.mark.parametrize("value", [None, False, "", [], {}, 0], ids=repr)
@pytest.mark.parametrize("key", ["privileged", "network_mode", "devices", "annotations", "gpus"])
def test_a_key_that_says_nothing_is_not_worth_a_word(key: str, value: Any) -> None:
    assert check(model({key: value})) == []


def test_extensions_are_the_users_own() -> None:
    assert check(model({"x-anything": {"a": 1}})) == []


def test_a_key_of_a_later_version() -> None:
    assert check(model({"teleport": True})) == ["service web: 'teleport' is ignored: unknown to this version"]


def test_all_that_is_refused_is_said_at_once() -> None:
    services = {
        "b": {"image": "x", "privileged": True},
        "a": {"image": "x", "pid": "host", "container_name": "c"},
    }
    with pytest.raises(Unsupported) as raised:
        check({"services": services})
    lines = str(raised.value).split("; ")
    assert [line.partition(" is ")[0] for line in lines] == ["service a: 'pid'", "service b: 'privileged'"]


def test_what_the_reference_implementation_fills_in_is_not_worth_a_word() -> None:
    service = {
        "command": None,
        "entrypoint": None,
        "depends_on": {"db": {"condition": "service_started", "required": True}},
        "deploy": {"resources": {}, "placement": {}},
        "networks": {"default": None},
        "ports": [{"mode": "ingress", "target": 80, "protocol": "tcp"}],
        "volumes": [{"type": "bind", "source": "/a", "target": "/b", "bind": {"create_host_path": True}}],
    }
    declared = {"networks": {"default": {"name": "abc_default", "ipam": {}}, "back": {"driver": "overlay"}}}
    assert check(model(service, **declared)) == []
