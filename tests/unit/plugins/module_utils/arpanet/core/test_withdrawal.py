"""What Swarm may not keep instead of an instance that works."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.withdrawal import withdrawn

Spec = dict[str, Any]


def web(image: str = "web:1", **template: Any) -> Spec:
    return {
        "Name": "abc_web",
        "Mode": {"Replicated": {"Replicas": 2}},
        "TaskTemplate": {"ContainerSpec": {"Image": image}, "Networks": [{"Target": "abc_default"}], **template},
        "UpdateConfig": {"Order": "stop-first", "Parallelism": 1, "Delay": 10},
    }


def task(node: str, slot: int, state: str, wanted: str = "running", image: str = "web:1") -> Spec:
    return {
        "ID": f"{slot}-{node}",
        **({"NodeID": node} if node else {}),
        "Slot": slot,
        # As Swarm has it: networks by id, and a placement that is none of the service's any more.
        "Spec": {
            "ContainerSpec": {"Image": image},
            "Networks": [{"Target": "k3v"}],
            "Placement": {"Constraints": ["node.id!=id9"]},
        },
        "DesiredState": wanted,
        "Status": {"State": state},
    }


@pytest.mark.parametrize(
    ("tasks", "excluded"),
    [
        # Nothing is there twice.
        ([("id2", 1, "running")], []),
        ([("id2", 1, "running"), ("id1", 2, "starting")], []),
        # The replacement is healthy, and the old one is about to stop.
        ([("id2", 1, "running", "shutdown"), ("id1", 1, "running")], []),
        # A replacement without a node is none that Swarm would keep.
        ([("id2", 1, "running"), ("", 1, "pending")], []),
        ([("id2", 1, "running"), ("id1", 1, "starting")], ["id1"]),
        (
            [("id2", 1, "running"), ("id1", 1, "preparing"), ("id2", 2, "running"), ("id3", 2, "starting")],
            ["id1", "id3"],
        ),
        # One that runs where a replacement comes up is left alone.
        ([("id2", 1, "running"), ("id1", 1, "starting"), ("id1", 2, "running")], []),
        # What has failed is replaced by another.
        ([("id2", 1, "running"), ("id1", 1, "failed", "shutdown"), ("id3", 1, "starting")], ["id3"]),
    ],
)
@pytest.mark.parametrize("placement", [None, {"Constraints": ["node.role==worker"]}])
def test_replacements_that_do_not_run_are_given_up(
    placement: Spec | None, tasks: list[tuple[Any, ...]], excluded: list[str]
) -> None:
    found = withdrawn(web(Placement=placement), [task(*one) for one in tasks])
    if not excluded:
        assert found is None
        return
    constraints = (placement or {}).get("Constraints", [])
    wanted = [*constraints, *(f"node.id!={node}" for node in excluded)]
    assert found["TaskTemplate"]["Placement"]["Constraints"] == wanted
    assert {**found["TaskTemplate"], "Placement": None} == {**web()["TaskTemplate"], "Placement": None}
    # All at once: a delay would keep the others there twice.
    assert (found["UpdateConfig"]["Parallelism"], found["UpdateConfig"]["Delay"]) == (0, 0)


def test_what_fits_no_more_goes_anyway() -> None:
    """Swarm tells a task of another image from one of this, and replaces it."""
    old, new = task("id2", 1, "running", image="web:0"), task("id1", 1, "starting")
    assert withdrawn(web(), [old, new]) is None


def test_on_every_node_there_is_one_place() -> None:
    old, new = ({**task("id1", 0, state), "Slot": 0} for state in ("running", "starting"))
    assert withdrawn({**web(), "Mode": {"Global": {}}}, [old, new]) is None
