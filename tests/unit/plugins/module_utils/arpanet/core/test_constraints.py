from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.constraints import eligible, meets
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported


def node(name: str, state: str = "ready", availability: str = "active", **labels: str) -> dict[str, Any]:
    return {
        "ID": f"id-{name}",
        "Spec": {"Role": "worker", "Availability": availability, "Labels": labels},
        "Status": {"State": state, "Addr": "10.0.0.1"},
        "Description": {"Hostname": name, "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }


@pytest.mark.parametrize(
    ("constraint", "met"),
    [
        ("node.hostname==n1", True),
        ("node.hostname != n1", False),
        ("node.role == worker", True),
        ("node.role == manager", False),
        ("node.labels.disk==SSD", True),
        ("node.labels.zone!=east", True),
        ("node.platform.os==linux", True),
        ("node.id==id-n1", True),
        ("engine.labels.any==x", False),
    ],
)
def test_swarms_constraints(constraint: str, met: bool) -> None:
    assert meets(constraint, node("n1", disk="ssd")) is met


def test_a_constraint_that_is_none_is_named() -> None:
    with pytest.raises(Unsupported, match=r"node\.role=worker"):
        meets("node.role=worker", node("n1"))


def test_drained_and_dead_nodes_take_nothing() -> None:
    nodes = [node("n1"), node("n2", availability="drain"), node("n3", state="down")]
    assert eligible({}, nodes) == ["n1"]
