"""How far an update is: whose template a task has, and where it may run by now."""

from __future__ import annotations

import pytest
from fakes.convergence import (
    AFTER,
    BEFORE,
    DONE,
    GOING,
    LOST,
    OLD,
    TEMPLATE,
    Spec,
    brief,
    constrained,
    failed,
    node,
    of,
    over,
    running,
    service,
    task,
)


@pytest.mark.parametrize(
    ("tasks", "update", "arrived", "verdict"),
    [
        pytest.param([running(template=OLD)], None, 0, GOING, id="the orchestrator has not looked yet"),
        pytest.param([running(template=OLD, desired="shutdown"), task("preparing")], "updating", 0, GOING, id="stops"),
        pytest.param([running(template=OLD, desired="shutdown"), running()], "updating", 1, GOING, id="both run"),
        pytest.param([over(template=OLD), running()], "updating", 1, GOING, id="watched for a while"),
        pytest.param([over(template=OLD), running()], "completed", 1, DONE, id="completed"),
        pytest.param([over(template=OLD), running()], None, 1, DONE, id="nothing said of it"),
        pytest.param([over(template=OLD), failed()], "paused", 0, LOST, id="paused"),
        pytest.param([running()], "paused", 1, LOST, id="paused although it runs"),
        pytest.param([running()], "rollback_started", 1, LOST, id="goes back"),
        pytest.param([running()], "rollback_paused", 1, LOST, id="stuck on its way back"),
        pytest.param([running()], "rollback_completed", 1, LOST, id="is back"),
    ],
)
def test_an_update(tasks: list[Spec], update: str | None, arrived: int, verdict: tuple[bool, bool]) -> None:
    status = {"State": update, "Message": f"it is {update}"} if update else None
    found = of(service(1, update=status), tasks)
    assert brief(found) == (arrived, 1, *verdict)
    assert (f"it is {update}" in found.problems) is (verdict == LOST)


def test_a_rollback_of_an_earlier_day_is_over() -> None:
    back = {"State": "rollback_completed", "StartedAt": BEFORE, "CompletedAt": BEFORE, "Message": "rollback completed"}
    assert brief(of(service(1, update=back), [running(created=BEFORE)])) == (1, 1, *DONE)
    back["CompletedAt"] = AFTER
    assert brief(of(service(1, update=back), [running()])) == (1, 1, *LOST)


@pytest.mark.parametrize(
    "change",
    [
        {"ContainerSpec": {"Image": "nginx:2", "Labels": {"arpanet.ports": "80:80/tcp"}}},
        {"RestartPolicy": {"Condition": "any", "Delay": 1}},
        {"LogDriver": {"Name": "syslog"}},
        {"Resources": {"Limits": {"NanoCPUs": 1}}},
        {"Networks": [{"Target": "n"}]},
    ],
    ids=str,
)
def test_a_task_of_the_template_before_has_not_arrived(change: Spec) -> None:
    """Until the orchestrator has looked, such a task is wanted, runs, and no update is going on."""
    assert brief(of(service(1, {**TEMPLATE, **change}), [running()])) == (0, 1, *GOING)


def test_what_the_engine_adds_to_a_template_makes_no_difference() -> None:
    stated = {
        **TEMPLATE,
        "Resources": {"Limits": {}},
        "Placement": {},
        "ContainerSpec": {"Image": "nginx:2", "Init": None},
    }
    assert brief(of(service(1, stated), [running()])) == (1, 1, *DONE)


def test_a_task_on_a_node_that_still_fits_stays() -> None:
    nodes = {"n1": node("n1", zone="a"), "n2": node("n2", zone="b")}
    now = service(1, constrained("node.labels.zone==a"))
    assert brief(of(now, [running(node="n1")], nodes)) == (1, 1, *DONE)
    assert brief(of(now, [running(node="n2")], nodes)) == (0, 1, *GOING)
    assert brief(of(now, [running(node="n2", template=constrained("node.labels.zone==b"))], nodes)) == (0, 1, *GOING)
