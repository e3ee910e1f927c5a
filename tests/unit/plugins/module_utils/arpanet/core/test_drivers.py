from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.drivers import (
    GATE,
    carriers,
    engine_name,
    gated,
)

OVERLAY = {"Driver": "overlay"}
WEAVE = {"Driver": "weave:latest"}


def test_the_engine_calls_a_plugin_by_its_name() -> None:
    assert engine_name("overlay", "weave:2") == "overlay"
    assert engine_name("weave", "weave:2") == "weave:2"


@pytest.mark.parametrize(
    ("networks", "there", "found"),
    [
        pytest.param(["default"], {}, {"default": "weave:latest"}, id="new"),
        pytest.param(
            ["default"], {"abc_default": OVERLAY}, {"default": "weave:latest"}, id="other than it is: a clash"
        ),
        pytest.param(
            ["default", "default.g2"],
            {"abc_default": OVERLAY},
            {"default": "overlay", "default.g2": "weave:latest"},
            id="a move begins",
        ),
        pytest.param(
            ["default", "default.g2"],
            {"abc_default": OVERLAY, "abc_default-g2": WEAVE},
            {"default": "overlay", "default.g2": "weave:latest"},
            id="a move goes on",
        ),
        pytest.param(
            ["default", "default.g2", "back"],
            {},
            {"default": "weave:latest", "default.g2": "weave:latest", "back": "weave:latest"},
            id="allocated, never made",
        ),
    ],
)
def test_a_network_that_a_move_leaves_stays_what_it_is(
    networks: list[str], there: dict[str, Any], found: dict[str, str]
) -> None:
    assert carriers("abc", networks, "weave:latest", there) == found


def test_only_what_is_on_a_plugins_network_has_to_keep_away_from_nodes() -> None:
    spec = {
        "Name": "abc_web",
        "TaskTemplate": {
            "Networks": [{"Target": "abc_default"}],
            "Placement": {"Constraints": ["node.role==worker"], "MaxReplicas": 1},
        },
    }
    assert gated(spec, {"abc_back"}) == spec
    found = gated(spec, {"abc_default"})
    assert found["TaskTemplate"]["Placement"] == {"Constraints": [GATE, "node.role==worker"], "MaxReplicas": 1}
    assert gated(found, {"abc_default"}) == found
    assert gated({"TaskTemplate": {}}, {"abc_default"}) == {"TaskTemplate": {}}
