"""Jobs, and other services whose tasks end."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import Progress
from fakes.convergence import DONE, GOING, LOST, NODES, TEMPLATE, Spec, brief, failed, of, running, service, task


@pytest.mark.parametrize("condition", ["none", "on-failure"])
def test_a_task_that_ended_well_and_is_not_started_again_has_arrived(condition: str) -> None:
    once = {**TEMPLATE, "RestartPolicy": {"Condition": condition}}
    ended = task("complete", desired="shutdown", template=once)
    assert brief(of(service(1, once), [ended])) == (1, 1, *DONE)
    assert brief(of(service(1, once), [running(template=once)])) == (1, 1, *DONE)
    assert brief(of(service(2, once), [ended, task("starting", 2, template=once)])) == (1, 2, *GOING)
    # Earlier ends in the same place count once, and those in places that are gone do not matter.
    ends = [task("complete", slot, desired="shutdown", template=once) for slot in (1, 1, 2, 3)]
    assert brief(of(service(2, once), ends)) == (2, 2, *DONE)


def test_a_task_that_ended_well_and_is_started_again_has_not() -> None:
    assert brief(of(service(1), [task("complete", desired="shutdown")])) == (0, 1, *GOING)


@pytest.mark.parametrize(
    ("mode", "tasks", "arrived", "wanted", "verdict"),
    [
        pytest.param({"ReplicatedJob": {"TotalCompletions": 2}}, [], 0, 2, GOING, id="begins"),
        pytest.param(
            {"ReplicatedJob": {"TotalCompletions": 2}},
            [task("complete", None, "complete"), task("running", 1, "complete")],
            1,
            2,
            GOING,
            id="one to go",
        ),
        pytest.param(
            {"ReplicatedJob": {"TotalCompletions": 2}},
            [task("complete", None, "complete"), task("complete", 1, "complete")],
            2,
            2,
            DONE,
            id="complete",
        ),
        pytest.param({"ReplicatedJob": {}}, [task("complete", None, "complete")], 1, 1, DONE, id="once"),
        pytest.param({"ReplicatedJob": {"TotalCompletions": 0}}, [], 0, 0, DONE, id="never"),
        pytest.param(
            {"ReplicatedJob": {}}, [failed(None), failed(None), failed(None)], 0, 1, LOST, id="fails and fails"
        ),
        pytest.param(
            {"GlobalJob": {}},
            [task("complete", None, "complete", node=name) for name in NODES],
            3,
            3,
            DONE,
            id="on every node",
        ),
        pytest.param({"GlobalJob": {}}, [], 0, 3, GOING, id="on every node, begins"),
        pytest.param(
            {"GlobalJob": {}},
            [task("complete", None, "complete", node="n1"), task("running", None, "complete", node="n2")],
            1,
            2,
            GOING,
            id="on every node but one that came later",
        ),
        pytest.param(
            {"GlobalJob": {}},
            [task("complete", None, "complete", node="n1"), task("complete", None, "complete", node="n2")],
            2,
            2,
            DONE,
            id="complete, and a node came later",
        ),
        pytest.param(
            {"GlobalJob": {}},
            [task("complete", None, "complete", node="gone")],
            0,
            0,
            DONE,
            id="complete, and all nodes are others by now",
        ),
        pytest.param(
            {"GlobalJob": {}},
            [failed(None, node="n1"), failed(None, node="n1"), failed(None, node="n1")],
            0,
            1,
            LOST,
            id="fails and fails on its node",
        ),
    ],
)
def test_jobs(mode: Spec, tasks: list[Spec], arrived: int, wanted: int, verdict: tuple[bool, bool]) -> None:
    assert brief(of(service(mode), tasks)) == (arrived, wanted, *verdict)


def test_each_change_of_a_job_is_one_more_run() -> None:
    def run(number: int, state: str) -> Spec:
        # The Engine leaves a zero out.
        return task(state, None, "complete", JobIteration={"Index": number} if number else {})

    def after(number: int, *tasks: Spec) -> Progress:
        job = {**service({"ReplicatedJob": {}}), "JobStatus": {"JobIteration": {"Index": number} if number else {}}}
        return of(job, [*tasks])

    assert brief(after(0, run(0, "complete"))) == (1, 1, *DONE)
    assert brief(after(2, run(0, "complete"))) == (0, 1, *GOING)
    assert brief(after(2, run(0, "complete"), run(2, "complete"))) == (1, 1, *DONE)
    # Which nodes the run before was on says nothing.
    everywhere = {**service({"GlobalJob": {}}), "JobStatus": {"JobIteration": {"Index": 1}}}
    assert brief(of(everywhere, [run(0, "complete")])) == (0, 3, *GOING)
