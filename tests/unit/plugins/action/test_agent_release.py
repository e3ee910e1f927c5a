from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.action.agent_release import lacks


def facts(target: str | None, directory: str = "/opt/arpanet") -> dict[str, Any]:
    kind = "absent" if target is None else "link"
    return {"ansible_facts": {"arpanet_node": {"files": {f"{directory}/current": {"kind": kind, "target": target}}}}}


@pytest.mark.parametrize(
    ("task_vars", "lacking"),
    [
        ({}, False),
        ({"ansible_facts": {"arpanet_node": {"files": {}}}}, False),
        (facts("/opt/arpanet/releases/1-ab", "/elsewhere"), False),
        (facts("/opt/arpanet/releases/1-ab"), False),
        (facts("/opt/arpanet/releases/1-cd"), True),
        (facts(None), True),
    ],
)
def test_only_a_node_that_was_looked_at_is_not_asked(task_vars: dict[str, Any], lacking: bool) -> None:
    assert lacks({"name": "1-ab"}, task_vars) is lacking
