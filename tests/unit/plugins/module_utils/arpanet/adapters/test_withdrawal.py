"""Before services become again what they were, Swarm gives up the replacements that do not run."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import withdrawal
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.withdrawal import withdraw
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.surge import moved_off
from fakes.moves import Moving, Spec

NEVER = 10**6


class Swarm(Moving):
    """Of `abc_web`, an instance is leaving node1, and its replacement does not come up.

    What it is asked for it does when it is looked at for the `slow`th time.
    """

    def __init__(self, slow: int = 0) -> None:
        super().__init__()
        self.add("abc_web", "node1", "node2")
        self.add("abc_db", "node3")
        self.ill.add("abc_web")
        self.back = [self.spec("abc_web"), self.spec("abc_db")]
        super().update_service(moved_off(self.back[0], "node1", 1))
        self.calls.clear()
        self._slow, self._asked = slow, list[Spec]()
        self.errors: list[str] = []

    def update_service(self, spec: Spec) -> None:
        if self.errors:
            raise EngineError(self.errors.pop())
        self._asked.append(spec)

    def tasks(self, deployment: str | None = None) -> list[Spec]:
        if self._asked and not self._slow:
            super().update_service(self._asked.pop())
        self._slow -= bool(self._asked)
        return super().tasks(deployment)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited, on a clock that nothing else moves."""
    found: list[float] = []
    monkeypatch.setattr(withdrawal.time, "sleep", found.append)
    monkeypatch.setattr(withdrawal.time, "monotonic", lambda: sum(found))
    return found


@pytest.mark.parametrize("slow", [0, 3])
def test_the_replacement_goes_and_what_works_stays(slow: int, slept: list[float]) -> None:
    swarm = Swarm(slow)
    assert swarm.places("abc_web") == ["node1", "node2", "node3"]
    withdraw(swarm, "abc", swarm.back)
    assert swarm.places("abc_web") == ["node1", "node2"]
    # Of services without one there is nothing to do.
    assert swarm.calls == ["update abc_web"]
    assert len(slept) == slow + 1


def test_nobody_waits_where_nothing_is_there_twice(slept: list[float]) -> None:
    swarm = Swarm()
    withdraw(swarm, "abc", swarm.back[1:])
    withdraw(swarm, "abc", [])
    assert (swarm.calls, slept) == ([], [])


def test_a_swarm_that_does_not_do_it_is_not_waited_for_forever(slept: list[float]) -> None:
    swarm = Swarm(NEVER)
    withdraw(swarm, "abc", swarm.back)
    assert sum(slept) == pytest.approx(10, abs=0.5)


def test_an_election_is_waited_for() -> None:
    swarm = Swarm()
    swarm.errors = ["rpc error: code = Unknown desc = The swarm does not have a leader."]
    withdraw(swarm, "abc", swarm.back)
    assert swarm.places("abc_web") == ["node1", "node2"]


def test_a_refusal_is_not_hidden() -> None:
    swarm = Swarm()
    swarm.errors = ["invalid constraint"]
    with pytest.raises(EngineError, match="invalid constraint"):
        withdraw(swarm, "abc", swarm.back)
