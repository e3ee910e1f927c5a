"""Who may go, so that a majority stays."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.quorum import (
    Raft,
    Voter,
    after,
    before_restart,
    count,
    objection,
    objections,
    untold,
)
from hypothesis import given
from hypothesis import strategies as st


def raft(*alive: bool, system: str = "Swarm") -> Raft:
    return Raft(system, "managers", tuple(Voter(f"node{n}", up) for n, up in enumerate(alive, 1)))


RAFTS = st.lists(st.booleans(), min_size=1, max_size=9).map(lambda alive: raft(*alive))


@st.composite
def departures(draw: st.DrawFn) -> tuple[Raft, set[str]]:
    found = draw(RAFTS)
    return found, draw(st.sets(st.sampled_from([voter.name for voter in found.voters]), min_size=1))


@pytest.mark.parametrize(
    ("alive", "going", "for_good", "said"),
    [
        ((True, True, True), {"node1"}, False, ""),
        ((True, True, True), {"node1"}, True, ""),
        ((True, True, False), {"node3"}, True, ""),
        (
            (True, True, False),
            {"node1"},
            False,
            "without node1, Swarm would have 1 of 3 managers, and 2 are needed (node3 is down already)",
        ),
        (
            (True, True, False),
            {"node1"},
            True,
            "without node1, Swarm would have 1 of 2 managers, and 2 are needed (node3 is down already)",
        ),
        ((True, True), {"node1"}, False, "without node1, Swarm would have 1 of 2 managers, and 2 are needed"),
        ((True, True), {"node1"}, True, ""),
        ((True,), {"node1"}, True, "node1 is the last of Swarm's managers, and 1 is needed"),
        ((True,), {"node1"}, False, "without node1, Swarm would have 0 of 1 managers, and 1 are needed"),
        (
            (True, False, False),
            {"node2"},
            True,
            "Swarm has no majority as it is: 1 of 3 managers are alive, and 2 are needed "
            "(node2, node3 are down already)",
        ),
        ((True, False, False), {"worker"}, True, ""),
    ],
)
def test_what_is_said(alive: tuple[bool, ...], going: set[str], for_good: bool, said: str) -> None:
    assert objection(raft(*alive), going, for_good) == said


def test_both_rafts_have_a_say() -> None:
    both = [raft(True, True, True), raft(True, True, False, system="Consul")]
    (only,) = objections(both, {"node1"}, False)
    assert "Consul would have 1 of 3" in only


@given(departures(), st.booleans())
def test_who_may_go_leaves_a_majority(case: tuple[Raft, set[str]], for_good: bool) -> None:
    found, going = case
    left = [voter for voter in found.voters if voter.name not in going]
    total = len(left) if for_good else len(found.voters)
    keeps = 2 * sum(voter.alive for voter in left) > total
    assert (objection(found, going, for_good) == "") is (keeps and count(found.voters).ok)


@given(RAFTS)
def test_the_dead_may_always_be_taken_out_while_there_is_a_majority(found: Raft) -> None:
    dead = {voter.name for voter in found.voters if not voter.alive}
    if count(found.voters).ok:
        assert objection(found, dead, True) == ""


@given(departures())
def test_to_come_back_asks_for_no_less_than_to_go_for_good(case: tuple[Raft, set[str]]) -> None:
    found, going = case
    if not objection(found, going, False):
        assert not objection(found, going, True) or not after(found, going, True).total


@given(departures(), st.booleans())
def test_fewer_may_go_where_more_may(case: tuple[Raft, set[str]], for_good: bool) -> None:
    """When the living may go together, each of them may go alone."""
    found, going = case
    living = {voter.name for voter in found.voters if voter.alive} & going
    if living and not objection(found, living, for_good):
        assert all(not objection(found, {one}, for_good) for one in living)


@pytest.mark.parametrize(
    ("alive", "says"),
    [
        ((True,), False),
        # No majority is left meanwhile, and still it has to restart some time.
        ((True, True), False),
        ((True, False), True),
        ((True, True, True), False),
        ((False, True, True), False),
        ((True, True, False), True),
        # A majority would be left; what the last one did not survive is not done to the next.
        ((True, True, True, True, False), True),
    ],
)
def test_a_voter_restarts_while_all_others_are_up(alive: tuple[bool, ...], says: bool) -> None:
    assert bool(before_restart(raft(*alive), "node1")) is says


def test_whom_to_bring_up_before_a_restart() -> None:
    assert before_restart(raft(True, False, False), "node1") == (
        "node1 is not restarted while node2, node3 are down: Swarm would miss one more of its managers. "
        "`journalctl -u docker -n 50` on node2 says why; `ansible-playbook site.yml --tags swarm` unlocks one that is "
        "locked, and `ansible-playbook leave.yml -e node=node2` takes out one that is lost for good. "
        "Then run this again."
    )
    consul = Raft("Consul", "servers", (Voter("node1", True), Voter("node2", False)))
    assert "`journalctl -u consul -n 50` on node2 says why; `ansible-playbook leave.yml" in before_restart(
        consul, "node1"
    )
    assert untold("Consul", "servers", "node1", "no leader").startswith(
        "node1 is not restarted while Consul cannot tell which of its servers are up (no leader), and most have to be."
    )
