"""Where instances are, from recorded tasks."""

from __future__ import annotations

from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.placements import placements
from fakes import cluster


def placed(parts: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = {node["ID"]: node for node in parts["nodes"]}
    return placements("abc", parts["services"], parts["tasks"], nodes)


def test_only_wanted_tasks_are_placed_each_once() -> None:
    found = placed(cluster.recorded())
    assert [one["instance"] for one in found if one["service"] != "agent"] == [
        "1.cache.abc",
        "2.cache.abc",
        "1.pricing.abc",
        "2.pricing.abc",
        "3.pricing.abc",
    ]
    assert {one["state"] for one in found} == {"running"}
    assert {one["error"] for one in found} == {""}


def test_a_global_service_has_an_instance_named_by_its_node() -> None:
    parts = cluster.recorded()
    found = {one["node"]: one["instance"] for one in placed(parts) if one["service"] == "agent"}
    assert found == {node["Description"]["Hostname"]: f"{node['ID']}.agent.abc" for node in parts["nodes"]}


def test_an_address_is_that_of_the_network_default() -> None:
    parts = cluster.recorded()
    task = cluster.tasks_of(parts, "pricing")[0]
    other = {"Network": {"Spec": {"Name": "abc_back"}}, "Addresses": ["10.40.0.9/26"]}
    own = task["NetworksAttachments"][0]["Addresses"][0].partition("/")[0]
    task["NetworksAttachments"].insert(0, other)
    assert own in [one["address"] for one in placed(parts)]
    # Where it has moved to.
    task["NetworksAttachments"][1]["Network"]["Spec"]["Name"] = "abc_default-g2"
    assert own in [one["address"] for one in placed(parts)]
    task["NetworksAttachments"] = [{"Network": {"Spec": {"Name": "ingress"}}, "Addresses": ["10.0.0.5/24"]}, other]
    assert "10.40.0.9" in [one["address"] for one in placed(parts)]
    assert "10.0.0.5" not in [one["address"] for one in placed(parts)]


def test_an_instance_that_waits_tells_why_the_one_before_it_failed() -> None:
    parts = cluster.recorded()
    task = next(task for task in cluster.tasks_of(parts, "pricing") if task["Slot"] == 3)
    task["DesiredState"] = "ready"
    task["Status"] = {"Timestamp": "2026-11-20T22:10:00Z", "State": "ready", "Message": "prepared"}
    found = {one["instance"]: one for one in placed(parts)}["3.pricing.abc"]
    assert (found["state"], found["container"]) == ("ready", "")
    assert found["error"] == "task: non-zero exit (137)"


def test_an_earlier_run_of_a_job_is_over() -> None:
    parts = cluster.recorded()
    service = parts["services"]["abc_cache"]
    service["JobStatus"] = {"JobIteration": {"Index": 2}}
    for run, task in enumerate(cluster.tasks_of(parts, "cache"), start=1):
        task["JobIteration"] = {"Index": run}
    assert [one["instance"] for one in placed(parts) if one["service"] == "cache"] == ["1.cache.abc"]


def test_a_task_without_a_node_says_why() -> None:
    parts = cluster.recorded()
    task = cluster.tasks_of(parts, "cache")[0]
    del task["NodeID"]
    task["Status"] = {"State": "pending", "Err": "no suitable node (insufficient resources on 3 nodes)"}
    task["NetworksAttachments"] = None
    found = next(one for one in placed(parts) if one["state"] == "pending")
    assert (found["node"], found["address"]) == ("", "")
    assert found["error"] == "no suitable node (insufficient resources on 3 nodes)"
