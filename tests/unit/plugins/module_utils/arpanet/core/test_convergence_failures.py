"""Failures of a service's tasks: whose they are, why, and when waiting does not help."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import HOPELESS, Failure
from fakes.convergence import BEFORE, DONE, OLD, TEMPLATE, Spec, brief, failed, of, running, service, task


def test_failures_say_where_and_why() -> None:
    tasks = [
        failed(2, node="n3", code=137, err="task: non-zero exit (137)", created="2026-11-20T12:30:00Z"),
        task("rejected", 1, desired="shutdown", err="No such image: nginx:2", created="2026-11-20T12:00:00Z"),
    ]
    found = of(service(2), tasks)
    assert found.failures == (
        Failure(tasks[1]["ID"], "1", "n1", "No such image: nginx:2", 0),
        Failure(tasks[0]["ID"], "2", "n3", "task: non-zero exit (137)", 137),
    )


def test_why_a_task_waits() -> None:
    waits = task("pending", node="", err="no suitable node (insufficient resources on 3 nodes)")
    assert of(service(1), [waits]).problems == ("no suitable node (insufficient resources on 3 nodes)",)
    assert of(service(0), [waits]).problems == ()


def test_failures_of_an_earlier_day_are_somebody_elses() -> None:
    found = of(service(1), [failed(created=BEFORE) for _ in range(9)])
    assert found.failures == ()
    assert not found.hopeless


def test_failures_of_the_template_before_are_not_this_ones() -> None:
    assert of(service(1), [failed(template=OLD) for _ in range(9)]).failures == ()


@pytest.mark.parametrize(
    ("policy", "times", "hopeless"),
    [
        pytest.param({}, HOPELESS - 1, False, id="not often enough"),
        pytest.param({}, HOPELESS, True, id="often enough"),
        pytest.param({"Condition": "any"}, HOPELESS, True, id="any"),
        pytest.param({"Condition": "on-failure"}, HOPELESS, True, id="on-failure"),
        pytest.param({"Condition": "none"}, 1, True, id="it may not be restarted"),
        pytest.param({"Condition": "any", "MaxAttempts": 1}, 1, False, id="one restart to go"),
        pytest.param({"Condition": "any", "MaxAttempts": 1}, 2, True, id="no restart to go"),
        pytest.param({"Condition": "any", "MaxAttempts": 9}, HOPELESS, True, id="many restarts to go"),
        pytest.param({"Condition": "any", "MaxAttempts": 0}, HOPELESS - 1, False, id="as many as it takes"),
    ],
)
def test_when_waiting_does_not_help(policy: Spec, times: int, hopeless: bool) -> None:
    template = {**TEMPLATE, "RestartPolicy": policy}
    tasks = [failed(template=template) for _ in range(times)]
    assert of(service(1, template), tasks).hopeless is hopeless


def test_each_instance_may_fail_while_what_it_needs_starts() -> None:
    tasks = [failed(slot) for slot in range(1, 11)]
    assert not of(service(10), tasks).hopeless
    assert of(service(10), [*tasks, failed(4), failed(4)]).hopeless


def test_a_service_that_has_arrived_after_all_is_not_lost() -> None:
    found = of(service(1), [running(), *(failed() for _ in range(HOPELESS))])
    assert brief(found) == (1, 1, *DONE)
