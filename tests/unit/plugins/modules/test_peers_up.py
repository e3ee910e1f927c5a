"""A manager restarts while all others are up, and not when nobody can say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import AdminError, Refused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.quorum import Raft, Voter
from ansible_collections.arpanet.cluster.plugins.modules import peers_up

Run = Callable[..., dict[str, Any]]


def answering(monkeypatch: pytest.MonkeyPatch, answer: Raft | Exception) -> None:
    """What this node's engine, or Consul, says."""

    def ask(_client: object) -> Raft:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(peers_up, "swarm_raft", ask)
    monkeypatch.setattr(peers_up, "healthy_raft", ask)


def managers(*alive: bool, system: str = "Swarm", word: str = "managers") -> Raft:
    return Raft(system, word, tuple(Voter(f"node{n}", up) for n, up in enumerate(alive, 1)))


@pytest.mark.parametrize(
    ("raft", "answer", "said"),
    [
        ("swarm", managers(True, True, True), ""),
        ("swarm", managers(False, True, True), "node2 is not restarted while node1 is down: Swarm would miss one more"),
        # By its own word it is the one that is ill.
        ("swarm", managers(True, False, True), ""),
        (
            "swarm",
            SwarmError("GET /nodes: no leader", 503),
            "while Swarm cannot tell which of its managers are up (GET",
        ),
        # It does not run, and nobody misses it.
        ("swarm", SwarmError("no Docker engine answers"), ""),
        ("consul", managers(True, True, system="Consul", word="servers"), ""),
        ("consul", managers(False, True, system="Consul", word="servers"), "Consul would miss one more of its servers"),
        ("consul", managers(system="Consul", word="servers"), "its leader has not looked at them yet"),
        ("consul", Refused("500 No cluster leader", 500), "while Consul cannot tell which of its servers are up (500"),
        ("consul", AdminError("Consul does not answer"), ""),
    ],
)
def test_who_restarts(
    monkeypatch: pytest.MonkeyPatch, run: Run, raft: str, answer: Raft | Exception, said: str
) -> None:
    answering(monkeypatch, answer)
    found = run("peers_up", {"raft": raft, "node": "node2", "timeout": 0})
    assert found.get("failed", False) is bool(said)
    assert said in found.get("msg", "")
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: warned.append(text))
    checked = run("peers_up", {"raft": raft, "node": "node2"}, check=True)
    assert not checked.get("failed"), "a run may still start what is down"
    assert [said in text for text in warned] == [True] * bool(said)


def test_one_that_has_just_started_is_waited_for(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    answers = [managers(False, True), managers(True, True)]
    monkeypatch.setattr(peers_up, "swarm_raft", lambda _: answers.pop(0))
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert run("peers_up", {"raft": "swarm", "node": "node2"})["changed"] is False
    assert answers == []
