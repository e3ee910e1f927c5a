from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plugins import (
    Installed,
    PluginError,
    Wanted,
    as_diff,
    bundle_source,
    config,
    installed,
    short_reference,
    steps,
)

SUM = "sha256:" + "a" * 64
ONE = Wanted("acme/net:1", {"A": "x"})


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        pytest.param(ONE, None, ["install", "set", "enable"], id="new"),
        pytest.param(Wanted("acme/net:1"), None, ["install", "enable"], id="nothing to set"),
        pytest.param(Wanted("acme/net:1", {"A": "x"}, False), None, ["install", "set"], id="new, disabled"),
        pytest.param(ONE, Installed("acme/net:1", {"A": "x", "B": ""}, True), [], id="as it should be"),
        pytest.param(ONE, Installed("acme/net:1", {"A": "y"}, True), ["disable", "set", "enable"], id="set otherwise"),
        pytest.param(
            ONE, Installed("acme/net:1", {"A": "y"}, False), ["set", "enable"], id="cut off before it was set"
        ),
        pytest.param(ONE, Installed("acme/net:1", {"A": "x"}, False), ["enable"], id="cut off before it was enabled"),
        pytest.param(
            Wanted("acme/net:1", {"A": "x"}, False),
            Installed("acme/net:1", {"A": "x"}, True),
            ["disable"],
            id="disabled",
        ),
        pytest.param(
            ONE,
            Installed("acme/net:0", {"A": "x"}, True),
            ["disable", "remove", "install", "set", "enable"],
            id="another version",
        ),
        pytest.param(
            ONE, Installed(SUM, {"A": "x"}, False), ["remove", "install", "set", "enable"], id="cut off in an upgrade"
        ),
        pytest.param(
            Wanted("", {"A": "y"}), Installed(SUM, {"A": "x"}, True), ["disable", "set", "enable"], id="settings alone"
        ),
        pytest.param(Wanted("", {"A": "x"}), Installed(SUM, {"A": "x"}, True), [], id="settings that it has"),
        pytest.param(None, Installed("acme/net:1", {}, True), ["disable", "remove"], id="removed"),
        pytest.param(None, None, [], id="never there"),
    ],
)
def test_steps(wanted: Wanted | None, there: Installed | None, found: list[str]) -> None:
    assert steps(wanted, there) == found


def test_settings_of_what_is_not_there() -> None:
    with pytest.raises(PluginError, match="not installed"):
        steps(Wanted("", {"A": "x"}), None)


def test_what_the_engine_says() -> None:
    answer: dict[str, Any] = {
        "Enabled": True,
        "PluginReference": "docker.io/acme/net:1",
        "Settings": {"Env": ["A=x=y", "B="]},
    }
    assert installed(answer) == Installed("acme/net:1", {"A": "x=y", "B": ""}, True)
    marked = {**answer, "Settings": {"Env": ["A=x", f"ARPANET_BUNDLE={SUM}"]}}
    assert installed(marked) == Installed(SUM, {"A": "x"}, True)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("docker.io/acme/net:1", "acme/net:1"),
        ("docker.io/library/net:latest", "net:latest"),
        ("net", "net:latest"),
        ("registry.example.com:5000/net", "registry.example.com:5000/net:latest"),
        ("", ""),
    ],
)
def test_references(long: str, short: str) -> None:
    assert short_reference(long) == short


def test_a_bundle_is_named_by_all_that_is_in_it() -> None:
    names = {
        bundle_source(*parts)
        for parts in (
            (SUM, {"a": 1}, {}),
            ("sha256:" + "b" * 64, {"a": 1}, {}),
            (SUM, {"a": 2}, {}),
            (SUM, {"a": 1}, {"X": "y"}),
        )
    }
    assert len(names) == 4
    with pytest.raises(ValueError, match="SHA-256"):
        bundle_source("no sum", {}, {})


def test_a_configuration_gets_what_it_does_not_know() -> None:
    own = {"interface": {"socket": "x.sock"}, "entrypoint": ["/x"], "env": [{"name": "A", "value": "own"}]}
    made = config(own, SUM, {"A": "ours", "B": "ours"})
    assert made["env"] == [
        {"name": "A", "value": "own"},
        {"name": "B", "value": "ours"},
        {"name": "ARPANET_BUNDLE", "value": SUM},
    ]
    with pytest.raises(PluginError, match="no interface"):
        config({"entrypoint": ["/x"]}, SUM, {})


def test_a_diff_shows_no_secret() -> None:
    wanted = Wanted("acme/net:1", {"A": "x", "KEY": "new secret"})
    there = Installed("acme/net:1", {"A": "y", "KEY": "old secret"}, True)
    diff = as_diff(wanted, there, frozenset({"KEY"}))
    assert "secret" not in str(diff).replace("(secret)", "").replace("(another secret)", "")
    assert (diff["before"]["KEY"], diff["after"]["KEY"]) == ("(another secret)", "(secret)")
    assert (diff["before"]["A"], diff["after"]["A"]) == ("y", "x")
    assert as_diff(None, None, frozenset()) == {"before": {}, "after": {}}
