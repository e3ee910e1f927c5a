"""A key changed by steps, each of which may be the last one of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import keyring
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.keyring import Ring, RotationError, Step

FRESH = Ring(3, {"old": 3}, {"old": 3})


def test_the_whole_way() -> None:
    assert keyring.before(FRESH, "new") == [Step("install", "new"), Step("use", "new")]
    done = Ring(3, {"old": 3, "new": 3}, {"new": 3})
    assert keyring.before(done, "new") == []
    assert keyring.after(done, "new") == [Step("remove", "old")]
    assert keyring.after(replace(done, keys={"new": 3}), "new") == []


@pytest.mark.parametrize(
    ("ring", "steps"),
    [
        # Killed while it was installed, and before all write with it.
        (Ring(3, {"old": 3, "new": 1}, {"old": 3}), ["install", "use"]),
        (Ring(3, {"old": 3, "new": 3}, {"old": 2, "new": 1}), ["use"]),
        # Serf does not say what it writes with.
        (Ring(3, {"old": 3, "new": 3}), ["use"]),
        # A key of an earlier run that broke off is taken along.
        (Ring(3, {"older": 3, "old": 3, "new": 3}, {"old": 3}), ["use"]),
    ],
)
def test_a_run_that_broke_off_is_gone_on_with(ring: Ring, steps: list[str]) -> None:
    assert [step.verb for step in keyring.before(ring, "new")] == steps


@pytest.mark.parametrize("ring", [FRESH, Ring(3, {"old": 3, "new": 2}), Ring(3, {"old": 3, "new": 3}, {"old": 3})])
def test_nothing_is_taken_away_from_those_who_still_need_it(ring: Ring) -> None:
    with pytest.raises(RotationError, match="not every member writes with the new key"):
        keyring.after(ring, "new")


def test_a_member_that_cannot_say() -> None:
    with pytest.raises(RotationError, match="node2: no keyring"):
        keyring.before(replace(FRESH, errors={"node2": "no keyring"}), "new")


def test_no_key_in_a_trace() -> None:
    assert "new" not in repr(Step("install", "new"))


def test_consuls_answer() -> None:
    wan = {"WAN": True, "NumNodes": 9, "Keys": {"w": 9}}
    lan = {"WAN": False, "Datacenter": "dc1", "NumNodes": 3, "Keys": {"old": 3}, "PrimaryKeys": {"old": 3}}
    assert keyring.consul([wan, lan]) == FRESH
    assert keyring.consul([{**lan, "PrimaryKeys": None}]).primary is None
    assert keyring.consul([{**lan, "Messages": {"node2": "late"}}]).errors == {"node2": "late"}
    with pytest.raises(RotationError, match="not encrypted"):
        keyring.consul([])
