"""Which units a node has to run, and what of two looks counts; what else is found: core/doctor.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.doctor import _has_to_run, findings, lasting, mended, waited_for
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.findings import Finding
from fakes.doctor import healthy, kept


@pytest.mark.parametrize(
    ("unit", "state", "enabled", "manager", "runs"),
    [
        ("consul.service", "", False, False, True),
        ("arpanet-registry.service", "active", True, True, True),
        ("arpanet-registry.service", "active", True, False, False),
        ("arpanet-registry.service", "", False, True, False),
        ("arpanet-weave.service", "failed", True, False, True),
        ("arpanet-weave.service", "", False, False, False),
        ("arpanet-firewall.service", "inactive", True, False, False),
        ("firewalld.service", "", False, True, False),
        ("firewalld.service", "failed", True, True, False),
    ],
)
def test_units(unit: str, state: str, enabled: bool, manager: bool, runs: bool) -> None:
    look = {"units": {unit: {"state": state, "enabled": enabled}}, "asked_for": []}
    assert _has_to_run(unit, look, manager) is runs


def test_a_unit_that_was_asked_for_runs_whoever_has_disabled_it() -> None:
    unit = "arpanet-firewall.service"
    assert _has_to_run(unit, {"units": {unit: {"state": "inactive", "enabled": False}}, "asked_for": [unit]}, False)


def test_a_play_is_limited_to_a_host_as_the_inventory_calls_it() -> None:
    parts = healthy()
    for node in ("node1", "node2"):
        parts["looks"][node] |= {"asked_for": []}
    parts["looks"]["node2"]["units"]["serf.service"] = {"active": False, "enabled": False, "stale": False, "state": ""}
    kept("volumes", abc={"one": "node8", "two": "node9"})(parts)
    answers = {
        "node1": {"look": parts["looks"]["node1"]},
        "beta": {"look": parts["looks"]["node2"]},
        "node8": {"unreachable": True, "msg": "timed out"},
    }
    found = findings(answers, {"status": parts["status"], "ledger": parts["ledger"]}, ["node1"])
    assert {one["what"]: re.findall("site.yml[^`]*", one["mend"]) for one in found} == {
        "node2 has no serf.service": ["site.yml --limit beta"],
        "node8 does not answer Ansible": ["site.yml --limit node8"],
        "volume one of abc is on node8, which is in no swarm": ["site.yml --limit node8"],
        # The inventory may not have it, or by another name.
        "volume two of abc is on node9, which is in no swarm": ["site.yml"],
    }


def finding(what: str, subject: str = "", **repair: str) -> dict[str, Any]:
    return Finding(what, "c", "`ip a`", repair=repair, subject=subject).as_data()


FEW = finding("1 of 3 instances run", "web")
SOME = finding("2 of 3 instances run", "web")
OTHER = finding("serf is stopped", do="start")


@pytest.mark.parametrize(
    ("before", "found", "lasts", "gone"),
    [
        ([FEW], [FEW], [FEW], []),
        # Its words move; it is as wrong as before, and the last look is right.
        ([FEW], [SOME], [SOME], []),
        ([FEW, OTHER], [OTHER], [OTHER], [FEW]),
        ([FEW], [OTHER], [], [FEW]),
        ([], [FEW], [], []),
        ([FEW], [], [], [FEW]),
    ],
)
def test_two_looks(before: list[Any], found: list[Any], lasts: list[Any], gone: list[Any]) -> None:
    assert lasting(found, before) == lasts
    assert mended(before, found, []) == [one["what"] for one in gone]


def test_nothing_is_mended_of_what_somebody_is_at_work_on() -> None:
    before = [FEW | {"deployment": "abc"}, OTHER]
    assert mended(before, [], ["abc"]) == [OTHER["what"]]


@pytest.mark.parametrize(
    ("found", "before", "wait"),
    [
        ([], [OTHER], False),
        ([OTHER], [OTHER], True),
        # Nobody mends it, whatever it says now.
        ([SOME], [FEW, OTHER], False),
        # What a repair has brought about passes, or is told at the end.
        ([SOME], [OTHER], True),
        ([FEW], [FEW, finding("web is stopped", "web", do="start")], True),
    ],
)
def test_what_is_waited_for(found: list[Any], before: list[Any], wait: bool) -> None:
    assert waited_for(found, before) is wait
