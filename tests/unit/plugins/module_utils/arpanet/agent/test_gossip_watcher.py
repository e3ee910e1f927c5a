"""Who is poked by what the gossip says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import SerfSilent
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.gossip_watcher import LOOKS, GossipWatcher
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.serf_events import Event


class Serf:
    """Tells these events and breaks."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.asked: list[str] = []
        self.down = False

    def subscribe(self, kinds: str) -> Iterator[Event]:
        if self.down:
            raise SerfSilent("Serf does not answer")
        self.asked.append(kinds)
        return self._tell()

    def _tell(self) -> Iterator[Event]:
        yield from self.events
        raise SerfSilent("Serf is gone")


class Heard:
    """What came of it."""

    def __init__(self, serf: Serf) -> None:
        self.failures: list[float] = []
        self.updates = 0
        self.slept: list[float] = []
        self.watcher = GossipWatcher(serf, lambda: None, self.update, self.slept.append, self.later)

    def update(self) -> None:
        self.updates += 1

    def later(self, seconds: float, _call: Callable[[], None]) -> None:
        self.failures.append(seconds)


def test_the_leader_looks_several_times_after_a_failure() -> None:
    serf = Serf(Event("member-failed", members=(Member("node3", "192.0.2.3"),)))
    heard = Heard(serf)
    heard.watcher.follow()
    # Once for what may have been missed, once for the event.
    assert heard.failures == [*LOOKS, *LOOKS]
    assert heard.updates == 1
    assert serf.asked == ["member-failed,member-leave,member-reap,member-update"]
    assert len(heard.slept) == 1


def test_tags_that_change_are_looked_at() -> None:
    heard = Heard(Serf(Event("member-update", members=(Member("node1", "192.0.2.1"),))))
    heard.watcher.follow()
    assert (heard.updates, heard.failures) == (2, [*LOOKS])


def test_serf_is_away() -> None:
    serf = Serf()
    serf.down = True
    heard = Heard(serf)
    heard.watcher.follow()
    assert (heard.failures, heard.updates, len(heard.slept)) == ([], 0, 1)
