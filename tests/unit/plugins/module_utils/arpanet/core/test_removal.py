"""What is taken away of a node that is gone, whatever part of it is left."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.removal import Traces, keys_about, steps
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member

WHOLE = Traces(
    name="node4",
    swarm=(Member("n4", "node4", "manager", state="down"), Member("n9", "node4", "worker", state="down")),
    consul="failed",
    catalog=True,
    voter="raft-id",
    serf="left",
    keys={"arpanet/nodes/node4": 7},
)


def test_all_of_it_in_order() -> None:
    assert [(step.part, step.what) for step in steps(WHOLE)] == [
        ("raft", "raft-id"),
        ("consul", "node4"),
        ("catalog", "node4"),
        ("serf", "node4"),
        ("key", "arpanet/nodes/node4"),
        ("swarm", "n4"),
        ("swarm", "n9"),
    ]
    assert WHOLE.known and WHOLE.manager and not WHOLE.ready


@pytest.mark.parametrize(
    ("left", "parts"),
    [
        (Traces("node4"), []),
        (Traces("node4", serf="failed"), ["serf"]),
        (Traces("node4", catalog=True, keys={"k": 1}), ["catalog", "key"]),
        (Traces("node4", voter="id"), ["raft"]),
    ],
)
def test_half_of_it(left: Traces, parts: list[str]) -> None:
    assert [step.part for step in steps(left)] == parts
    assert left.known is bool(parts)


def test_who_hears_it() -> None:
    ready = Member("n4", "node4", "worker", state="ready")
    assert Traces("node4", swarm=(ready,), consul="alive", serf="alive").heard == ("Swarm", "Consul", "Serf")
    assert Traces("node4", swarm=(ready,), consul="failed", serf="leaving").heard == ("Swarm",)
    assert WHOLE.heard == ()


def test_keys_that_are_about_the_node_alone() -> None:
    entries = {
        "arpanet/nodes/node4": {"node": "node4"},
        "arpanet/nodes/node40": {"node": "node40"},
        "arpanet/pulls/node4": {"web@sha256:aa": "there"},
        "arpanet/pulls/node40": {},
        "arpanet/deployments/abc": {"deployment": "abc"},
        "arpanet/deployments/abc/leases/10.32.0.5": {"node": "node4"},
        "arpanet/deployments/abc/leases/10.32.0.6": {"node": "node1"},
        # An explicit address is the service's, wherever it runs.
        "arpanet/deployments/abc/leases/10.32.0.7": {"owner": "abc", "service": "db"},
    }
    assert keys_about("node4", entries) == [
        "arpanet/nodes/node4",
        "arpanet/pulls/node4",
        "arpanet/deployments/abc/leases/10.32.0.5",
    ]
