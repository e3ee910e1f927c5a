"""How far a service is, from what Swarm's task list can say."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import (
    HOPELESS,
    Failure,
    Progress,
    line,
    moment,
    progress,
)
from fakes import deployment

Spec = dict[str, Any]

BEFORE, SINCE, AFTER = "2026-11-20T10:00:00.5Z", "2026-11-20T11:00:00.000000", "2026-11-20T12:00:00.123456789Z"
TEMPLATE: Spec = {"ContainerSpec": {"Image": "nginx:2"}, "RestartPolicy": {"Condition": "any"}}
OLD: Spec = {"ContainerSpec": {"Image": "nginx:1"}, "RestartPolicy": {"Condition": "any"}}

_ids = itertools.count()


def node(name: str, state: str = "ready", availability: str = "active", **labels: str) -> Spec:
    return {
        "ID": name,
        "Spec": {"Role": "worker", "Availability": availability, "Labels": labels},
        "Status": {"State": state},
        "Description": {"Hostname": name, "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }


NODES = {name: node(name) for name in ("n1", "n2", "n3")}


def task(state: str, slot: int | None = 1, desired: str = "running", template: Spec = TEMPLATE, **more: Any) -> Spec:
    status = {"State": state, **({"Err": more.pop("err")} if "err" in more else {})}
    if "code" in more:
        status["ContainerStatus"] = {"ExitCode": more.pop("code")}
    return {
        "ID": f"t{next(_ids)}",
        "CreatedAt": more.pop("created", AFTER),
        "Spec": {**template, "ForceUpdate": 0},
        "NodeID": more.pop("node", "n1"),
        "DesiredState": desired,
        "Status": status,
        **({"Slot": slot} if slot else {}),
        **more,
    }


def running(slot: int | None = 1, **more: Any) -> Spec:
    return task("running", slot, **more)


def failed(slot: int | None = 1, **more: Any) -> Spec:
    return task("failed", slot, desired="shutdown", **{"err": "task: non-zero exit (1)", "code": 1, **more})


def over(slot: int | None = 1, **more: Any) -> Spec:
    return task("shutdown", slot, desired="shutdown", **more)


def service(mode: Spec | int = 1, template: Spec = TEMPLATE, update: Spec | None = None) -> Spec:
    return {
        "ID": "s",
        "Spec": {
            "Name": "abc_web",
            "Mode": {"Replicated": {"Replicas": mode}} if isinstance(mode, int) else mode,
            "TaskTemplate": {**template, "ForceUpdate": 0, "Runtime": "container"},
        },
        **({"UpdateStatus": update} if update else {}),
    }


def of(one: Spec, tasks: list[Spec], nodes: dict[str, Spec] | None = None) -> Progress:
    return progress(one, tasks, NODES if nodes is None else nodes, SINCE)


def brief(found: Progress) -> tuple[int, int, bool, bool]:
    return found.running, found.wanted, found.done, found.hopeless


DONE, GOING, LOST = (True, False), (False, False), (False, True)


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


# Updates


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


def constrained(*constraints: str) -> Spec:
    return {**TEMPLATE, "Placement": {"Constraints": [*constraints]}}


def test_a_task_on_a_node_that_still_fits_stays() -> None:
    nodes = {"n1": node("n1", zone="a"), "n2": node("n2", zone="b")}
    now = service(1, constrained("node.labels.zone==a"))
    assert brief(of(now, [running(node="n1")], nodes)) == (1, 1, *DONE)
    assert brief(of(now, [running(node="n2")], nodes)) == (0, 1, *GOING)
    assert brief(of(now, [running(node="n2", template=constrained("node.labels.zone==b"))], nodes)) == (0, 1, *GOING)


# Failures


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


# What ends


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
        pytest.param(
            {"GlobalJob": {}}, [task("complete", None, "complete", node="n1")], 1, 3, GOING, id="on one of three nodes"
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


# One on every node


def everywhere(*names: str, template: Spec = TEMPLATE, **more: Any) -> list[Spec]:
    return [running(None, node=name, template=template, **more) for name in names]


@pytest.mark.parametrize(
    ("tasks", "nodes", "arrived", "wanted", "verdict"),
    [
        pytest.param(everywhere("n1", "n2", "n3"), NODES, 3, 3, DONE, id="on all"),
        pytest.param(everywhere("n1", "n2"), NODES, 2, 3, GOING, id="on two of three"),
        pytest.param(
            everywhere("n1", "n2", "n3"),
            {**NODES, "n3": node("n3", "down")},
            2,
            2,
            DONE,
            id="one node is down, its task stays in the list",
        ),
        pytest.param(
            everywhere("n1", "n2", "n3"),
            {**NODES, "n3": node("n3", availability="pause")},
            2,
            2,
            DONE,
            id="one node takes no new tasks, and keeps its own",
        ),
        pytest.param(
            [*everywhere("n1", "n2"), over(None, node="n3")],
            {**NODES, "n3": node("n3", availability="drain")},
            2,
            2,
            DONE,
            id="one node is drained",
        ),
        pytest.param([], {}, 0, 0, DONE, id="no node takes tasks"),
    ],
)
def test_one_on_every_node(
    tasks: list[Spec], nodes: dict[str, Spec], arrived: int, wanted: int, verdict: tuple[bool, bool]
) -> None:
    assert brief(of(service({"Global": {}}), tasks, nodes)) == (arrived, wanted, *verdict)


def test_one_on_every_node_that_fits() -> None:
    nodes = {"n1": node("n1", zone="a"), "n2": node("n2", zone="b"), "n3": node("n3", zone="a")}
    template = constrained("node.labels.zone==a")
    now = service({"Global": {}}, template)
    assert brief(of(now, everywhere("n1", template=template), nodes)) == (1, 2, *GOING)
    assert brief(of(now, everywhere("n1", "n3", template=template), nodes)) == (2, 2, *DONE)
    nowhere = service({"Global": {}}, constrained("node.labels.zone==c"))
    assert brief(of(nowhere, [], nodes)) == (0, 0, *DONE)


def test_one_on_every_node_of_a_platform_is_where_swarm_puts_it() -> None:
    template = {**TEMPLATE, "Placement": {"Platforms": [{"OS": "linux", "Architecture": "arm64"}]}}
    now = service({"Global": {}}, template)
    assert brief(of(now, [])) == (0, 1, *GOING)
    assert brief(of(now, everywhere("n1", "n2", template=template))) == (2, 2, *DONE)


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
