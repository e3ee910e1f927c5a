from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.order import (
    COMPLETED,
    HEALTHY,
    STARTED,
    needs,
    one_off,
    startable,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from hypothesis import given
from hypothesis import strategies as st


def need(condition: str, **more: object) -> dict[str, object]:
    return {"condition": condition, "required": True, **more}


def test_each_condition_is_waited_for() -> None:
    services = {
        "db": {},
        "migrate": {},
        "cache": {},
        "web": {"depends_on": {"db": need(HEALTHY), "migrate": need(COMPLETED), "cache": need(STARTED)}},
    }
    assert needs(services)["web"] == {"db": HEALTHY, "migrate": COMPLETED, "cache": STARTED}
    assert one_off(services) == {"migrate"}


def test_a_link_is_no_reason_to_wait() -> None:
    linked = {"links": ["db:database"], "depends_on": {"db": need(STARTED, restart=True)}}
    assert needs({"db": {}, "web": linked})["web"] == {}


def test_a_link_and_a_condition_are() -> None:
    linked = {"links": ["db"], "depends_on": {"db": need(HEALTHY)}}
    assert needs({"db": {}, "web": linked})["web"] == {"db": HEALTHY}


def test_what_is_behind_another_profile_is_not_waited_for() -> None:
    assert needs({"web": {"depends_on": {"debug": need(STARTED)}}})["web"] == {}


def test_a_circle_is_named() -> None:
    services = {name: {"depends_on": {other: need(STARTED)}} for name, other in ("ab", "bc", "ca")}
    with pytest.raises(Unsupported, match="a -> b -> c -> a"):
        needs(services)


def test_nothing_starts_before_what_it_needs_has_arrived() -> None:
    waits = {"web": {"db": HEALTHY}}
    assert startable(["db", "web"], waits, lambda *_: True) == ["db"]
    assert startable(["web"], waits, lambda *_: False) == []
    assert startable(["web"], waits, lambda *asked: asked == ("db", HEALTHY)) == ["web"]


@given(st.lists(st.sets(st.integers(0, 8)), max_size=9))
def test_everything_without_a_circle_is_started_in_order(edges: list[set[int]]) -> None:
    # Service i waits only for services before it, so there is no circle.
    waits = {str(i): {str(other): STARTED for other in before if other < i} for i, before in enumerate(edges)}
    pending, started = set(waits), []
    while pending:
        wave = startable(pending, waits, lambda other, _, started=started: other in started)
        assert wave, "something waits for ever"
        assert all(set(waits[name]) <= set(started) for name in wave)
        started += wave
        pending -= set(wave)
    assert sorted(started) == sorted(waits)
