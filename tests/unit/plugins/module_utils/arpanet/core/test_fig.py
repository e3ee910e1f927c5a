"""fig files and what they become."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import fig


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"web": {"image": "x"}}, True, id="an image"),
        pytest.param({"web": {"build": "."}}, True, id="a build"),
        pytest.param({"web": {"extends": {"service": "base"}}, "base": {"image": "x"}}, True, id="extends"),
        pytest.param({"version": {"image": "x"}}, True, id="a service called version"),
        pytest.param({"name": {"image": "x"}, "secrets": {"build": "."}}, True, id="services called name and secrets"),
        pytest.param({1: {"image": "x"}}, True, id="a number as a name"),
        pytest.param({"services": {"web": {"image": "x"}}}, False, id="compose"),
        pytest.param({"version": "3", "services": {}}, False, id="compose with a version"),
        pytest.param({"version": "2", "web": {"image": "x"}}, False, id="a version but no services"),
        pytest.param({"web": {"image": "x"}, "volumes": {"data": {}}}, False, id="volumes at the top"),
        pytest.param({"include": ["other.yml"]}, False, id="include"),
        pytest.param({"web": {"command": "x"}}, False, id="neither image nor build"),
        pytest.param({"web": None}, False, id="nothing said of a service"),
        pytest.param({}, False, id="empty mapping"),
        pytest.param(None, False, id="empty file"),
        pytest.param(["web"], False, id="a list"),
        pytest.param("web", False, id="a word"),
    ],
)
def test_is_fig(document: Any, expected: bool) -> None:
    assert fig.is_fig(document) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"image": "x", "ports": [80]}, {"image": "x", "ports": [80]}, id="nothing to do"),
        pytest.param({"image": "x", "net": "host"}, {"image": "x", "network_mode": "host"}, id="net"),
        pytest.param({"image": "x", "net": "bridge"}, {"image": "x"}, id="net: bridge is the default"),
        pytest.param(
            {"build": "sub", "dockerfile": "Other"},
            {"build": {"context": "sub", "dockerfile": "Other"}},
            id="dockerfile",
        ),
        pytest.param(
            {"image": "x", "log_driver": "syslog", "log_opt": {"tag": "web"}},
            {"image": "x", "logging": {"driver": "syslog", "options": {"tag": "web"}}},
            id="log driver and options",
        ),
        pytest.param(
            {"image": "x", "log_opt": {"max-size": "1m"}},
            {"image": "x", "logging": {"driver": "json-file", "options": {"max-size": "1m"}}},
            id="log options alone",
        ),
    ],
)
def test_lift_of_a_service(body: dict[str, Any], expected: dict[str, Any]) -> None:
    assert fig.lift({"web": body}) == {"services": {"web": expected}}


def test_lift_declares_the_volumes_that_services_name() -> None:
    lifted = fig.lift(
        {
            "db": {"image": "x", "volumes": ["data:/var/lib/db", "/anonymous", "./here:/here", "~/home:/home"]},
            "web": {"image": "x", "volumes": ["data:/data:ro", "logs:/logs", "/srv:/srv", "$DIR:/dir"]},
        }
    )
    assert lifted["volumes"] == {"data": {}, "logs": {}}


def test_lift_makes_names_words() -> None:
    assert list(fig.lift({1: {"image": "x"}})["services"]) == ["1"]


def test_lift_leaves_the_document_as_it_is() -> None:
    document = {"web": {"build": ".", "dockerfile": "D", "net": "bridge", "log_driver": "x"}}
    before = {"web": dict(document["web"])}
    fig.lift(document)
    assert document == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"image": "x", "net": "container:db"}, "service web: 'net: container:db' shares"),
        ({"image": "x", "volume_driver": "nfs"}, "service web: 'volume_driver' of fig files has no equal"),
    ],
)
def test_lift_refuses_what_has_no_equal(body: dict[str, Any], said: str) -> None:
    with pytest.raises(fig.FigError) as raised:
        fig.lift({"web": body})
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param(None, "fig.yml is empty or not a mapping", id="empty"),
        pytest.param([1], "fig.yml is empty or not a mapping", id="a list"),
        pytest.param({"web": {"command": "x"}}, "web should have an 'image' or a 'build'", id="no image"),
        pytest.param({"web": "x", "db": None}, "web, db should have an 'image'", id="several"),
        pytest.param(
            {"web": {"image": "x"}, "volumes": {"data": {}}},
            "fig.yml has 'volumes' at its top, so its services belong under 'services:'",
            id="a fig file with a key of compose",
        ),
        pytest.param({"version": "3"}, "fig.yml has 'version' at its top", id="a version alone"),
    ],
)
def test_check_says_what_is_odd(document: Any, said: str) -> None:
    with pytest.raises(fig.FigError) as raised:
        fig.check(document, "fig.yml")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "document", [{"web": {"image": "x"}}, {"services": {}}, {"include": ["a.yml"]}], ids=["fig", "compose", "include"]
)
def test_check_lets_a_stack_pass(document: Any) -> None:
    fig.check(document, "fig.yml")
