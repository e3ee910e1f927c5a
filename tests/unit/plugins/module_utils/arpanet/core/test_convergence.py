"""How far a service is, from what Swarm's task list can say."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import line, moment, progress
from fakes import deployment
from fakes.convergence import (
    DONE,
    GOING,
    NODES,
    OLD,
    SINCE,
    Spec,
    brief,
    failed,
    node,
    of,
    over,
    running,
    service,
    task,
)


def test_a_moment_is_after_all_that_the_swarm_has_done_by_its_own_clock() -> None:
    ended = service(update={"State": "rollback_completed", "CompletedAt": "2099-01-02T00:00:00.5Z"})
    tasks = [{"CreatedAt": "2099-01-01T00:00:00.123Z"}, {"CreatedAt": "2098-01-01T00:00:00Z"}]
    assert tasks[0]["CreatedAt"] < moment([], tasks) < "2099-01-01T00:00:00.124Z"
    assert moment([ended, service(update={"State": "updating"})], tasks) > "2099-01-02T00:00:00.5Z"
    assert moment([service()], []) == ""


# Services with a number of instances


@pytest.mark.parametrize(
    ("wanted", "tasks", "arrived", "verdict"),
    [
        pytest.param(1, [], 0, GOING, id="just created"),
        pytest.param(0, [], 0, DONE, id="nothing wanted"),
        pytest.param(0, [running(desired="shutdown")], 0, GOING, id="nothing wanted, one still stops"),
        pytest.param(0, [over()], 0, DONE, id="nothing wanted, one stopped"),
        pytest.param(2, [running(1), running(2)], 2, DONE, id="all run"),
        pytest.param(2, [running(1), task("starting", 2)], 1, GOING, id="one starts (or is not healthy yet)"),
        pytest.param(1, [running(1), running(2)], 2, GOING, id="one too many, about to go"),
        pytest.param(1, [running(1), running(2, desired="shutdown")], 1, GOING, id="the one too many still runs"),
        pytest.param(1, [running(1), over(2)], 1, DONE, id="the one too many is gone"),
        pytest.param(1, [running(1), task("remove", 2, desired="remove")], 1, DONE, id="the one too many is removed"),
        pytest.param(1, [task("pending", node="")], 0, GOING, id="no node takes it"),
        pytest.param(1, [task("ready", desired="ready"), failed()], 0, GOING, id="waits to start again"),
        pytest.param(1, [running(), failed()], 1, DONE, id="failed once, and runs"),
        pytest.param(1, [task("failed", desired="running")], 0, GOING, id="failed, and nobody has noticed"),
    ],
)
def test_a_number(wanted: int, tasks: list[Spec], arrived: int, verdict: tuple[bool, bool]) -> None:
    assert brief(of(service(wanted), tasks)) == (arrived, wanted, *verdict)


# Nodes that do not answer


def test_a_dead_nodes_task_holds_nobody_up() -> None:
    nodes = {**NODES, "n2": node("n2", "down")}
    tasks = [running(1, node="n1"), running(1, node="n2", desired="shutdown", template=OLD)]
    assert brief(of(service(1), tasks, nodes)) == (1, 1, *DONE)
    assert brief(of(service(1), tasks)) == (1, 1, *GOING)


def test_a_task_that_never_had_a_node_holds_nobody_up() -> None:
    orphan = {**task("new", 2, desired="shutdown"), "NodeID": ""}
    assert brief(of(service(1), [running(), orphan])) == (1, 1, *DONE)


# A real one


def test_everything_of_a_recorded_deployment_has_arrived() -> None:
    engine = deployment.engine()
    nodes = {one["ID"]: one for one in engine.nodes()}
    found = {
        name: progress(one, [task for task in engine.tasks("abc") if task["ServiceID"] == one["ID"]], nodes, SINCE)
        for name, one in engine.services("abc").items()
    }
    assert {name.removeprefix("abc_"): (one.running, one.wanted) for name, one in found.items()} == {
        "everything": (2, 2),
        "nothing": (1, 1),
        "no-thing": (1, 1),
        "everywhere": (1, 1),
        "job": (2, 2),
        "job-everywhere": (1, 1),
        "off": (0, 0),
        "once": (1, 1),
    }
    assert all(one.done and not one.hopeless and not one.problems for one in found.values())


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([], "0/3 running"),
        ([running(1), running(2), task("starting", 3, node="n2")], "2/3 running, 1 starting on n2"),
        (
            [task("preparing", 1, node="n2"), task("assigned", 2, node="n2"), task("pending", 3, node="")],
            "0/3 running, 1 without a node, 2 starting on n2",
        ),
        (
            [running(1), running(2), failed(3, node="n3")],
            "2/3 running, instance 3 failed on n3: task: non-zero exit (1)",
        ),
        ([running(1), running(2), running(3), failed(3)], "3/3 running"),
        (
            [running(1), running(2), running(3), task("running", 1, desired="shutdown", template=OLD)],
            "3/3 running, the old ones are leaving",
        ),
    ],
)
def test_a_line_for_who_watches(tasks: list[Spec], said: str) -> None:
    assert line(of(service(3), tasks), {name: name for name in NODES}) == said


def test_a_line_of_a_job() -> None:
    mode = {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}}
    tasks = [task("complete", 1, desired="complete"), task("running", 2, desired="complete", node="n2")]
    assert line(of(service(mode), tasks), {"n2": "node2"}) == "1/2 complete, 1 under way on node2"
