from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.containers import ContainersError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.registrar import DRAIN, Registrar
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.container_events import Event, Meaning
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.containers import Container, Move
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration
from fakes.node import Clock, FakeContainers, FakeNodeConsul, container


class Node:
    """A registrar with everything around it."""

    def __init__(self) -> None:
        self.consul = FakeNodeConsul()
        self.docker = FakeContainers()
        self.clock = Clock()
        self.alive: set[str] = set()
        self.changes = 0
        self.registrar = Registrar(self.consul, self.docker, self.with_processes, self.clock)
        self.registrar.on_change = self.changed

    def with_processes(self, containers: Collection[str]) -> set[str]:
        return self.alive & set(containers)

    def changed(self) -> None:
        self.changes += 1

    def dns(self) -> list[str]:
        """The containers that DNS answers."""
        return sorted(
            one.container for one in self.consul.services.values() if one.id.endswith(".dns") and not one.trouble
        )

    def runs(self, *containers: Container) -> None:
        self.docker.there = [*containers]

    def hears(self, meaning: Meaning, identifier: str) -> None:
        self.registrar.note(Event(identifier, meaning))


@pytest.fixture
def node() -> Node:
    return Node()


def test_a_look_registers_and_the_next_has_nothing_to_do(node: Node) -> None:
    node.runs(container("c1"), container("c2", "2"))
    assert len(node.registrar.look()) == 4
    assert node.dns() == ["c1", "c2"]
    assert node.registrar.look() == []
    assert node.changes == 1


def test_what_others_registered_is_left_alone(node: Node) -> None:
    node.consul.services["db"] = Registration("db", "db")
    node.registrar.look()
    assert [*node.consul.services] == ["db"]


def test_what_is_lost_in_consul_is_written_again(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    node.consul.services.clear()
    node.registrar.look()
    assert node.dns() == ["c1"]


def test_a_container_that_went_unnoticed(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    node.runs()
    node.registrar.look()
    assert node.consul.services == {}
    assert node.registrar.seen == ()


def test_a_dead_container_leaves_also_while_the_list_still_shows_it(node: Node) -> None:
    node.runs(container("c1"), container("c2", "2"))
    node.registrar.look()
    node.hears(Meaning.GONE, "c1")
    node.registrar.look()
    assert node.dns() == ["c2"]
    assert [one.id for one in node.registrar.seen or ()] == ["c2"]


def test_a_dead_container_leaves_without_docker(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    node.docker.down, node.alive = True, {"c1"}
    node.hears(Meaning.GONE, "c1")
    with pytest.raises(ContainersError):
        node.registrar.look()
    assert node.dns() == []


def test_a_signalled_container_leaves_at_once_and_keeps_its_lease(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    node.hears(Meaning.SIGNALLED, "c1")
    assert len(node.registrar.look()) == 2
    assert node.registrar.look() == []
    assert node.dns() == []
    assert [one.id for one in node.registrar.seen or ()] == ["c1"]


def test_a_container_that_survives_its_signal_returns(node: Node) -> None:
    node.runs(container("c1"))
    node.hears(Meaning.SIGNALLED, "c1")
    node.registrar.look()
    node.clock.now += DRAIN + 1
    node.registrar.look()
    assert node.dns() == ["c1"]


def test_a_container_that_starts_again_returns_at_once(node: Node) -> None:
    node.runs(container("c1"))
    for meaning in (Meaning.SIGNALLED, Meaning.GONE, Meaning.STARTED):
        node.hears(meaning, "c1")
    node.registrar.look()
    assert node.dns() == ["c1"]


def test_after_a_gap_the_list_is_right_about_what_died(node: Node) -> None:
    node.runs(container("c1"), container("c2", "2"))
    node.hears(Meaning.GONE, "c1")
    node.hears(Meaning.SIGNALLED, "c2")
    node.registrar.forget()
    node.registrar.look()
    # It started again in the gap; the other one is still on its way out.
    assert node.dns() == ["c1"]


def test_the_stop_of_one_of_two_containers_leaves_the_other(node: Node) -> None:
    old, new = container("c1"), container("c2", created=5)
    node.runs(old)
    node.registrar.look()
    node.runs(old, new)
    node.registrar.look()
    assert node.dns() == ["c1", "c2"]
    node.hears(Meaning.SIGNALLED, "c1")
    node.registrar.look()
    assert node.dns() == ["c2"]
    assert sorted(node.consul.services) == ["1.pricing.abc", "1.pricing.abc.dns"]


def test_dns_comes_before_the_api_and_leaving_before_both(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    node.consul.calls.clear()
    node.runs(container("c2", "2"), container("c3", "3"))
    node.registrar.look()
    assert node.consul.calls == [
        "-1.pricing.abc.dns",
        "-1.pricing.abc",
        "+2.pricing.abc.dns",
        "+3.pricing.abc.dns",
        "+2.pricing.abc",
        "+3.pricing.abc",
    ]


def test_without_docker_the_kernel_says_who_lives(node: Node) -> None:
    node.runs(container("c1"), container("c2", "2"))
    node.registrar.look()
    node.docker.down = True
    node.alive = {"c1", "c2"}
    with pytest.raises(ContainersError):
        node.registrar.look()
    assert node.dns() == ["c1", "c2"]
    node.alive = {"c2"}
    with pytest.raises(ContainersError):
        node.registrar.look()
    assert node.dns() == ["c2"]
    assert [one.id for one in node.registrar.seen or ()] == ["c2"]
    node.docker.down = False
    node.runs(container("c4", "1"))
    node.registrar.look()
    assert node.dns() == ["c4"]


def test_an_agent_that_starts_without_docker_knows_no_leases(node: Node) -> None:
    node.docker.down = True
    with pytest.raises(ContainersError):
        node.registrar.look()
    assert node.registrar.seen is None
    assert node.changes == 0


def test_a_host_that_goes_down_leaves_dns_and_does_not_come_back(node: Node) -> None:
    node.consul.services["db"] = Registration("db", "db")
    node.runs(container("c1"), container("c2", "2"))
    node.registrar.look()
    node.registrar.leave()
    assert [*node.consul.services] == ["db"]
    assert node.registrar.look() == []
    assert [*node.consul.services] == ["db"]


def test_losing_consul_loses_nothing(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    node.consul.down = True
    node.hears(Meaning.GONE, "c1")
    node.runs(container("c2", "2"))
    with pytest.raises(ConsulError):
        node.registrar.look()
    node.consul.down = False
    node.registrar.look()
    assert node.dns() == ["c2"]


def waiting(identifier: str, address: str, **changes: str) -> Container:
    move = Move("abc_default", address, attached=True)
    return replace(container(identifier, **changes), address=None, leased=(), moves=(move,))


def test_an_explicit_address_is_given_before_anybody_hears_of_the_instance(node: Node) -> None:
    node.runs(waiting("c1", "10.32.0.9"), container("c2", "2"))
    node.registrar.look()
    assert node.consul.services["1.pricing.abc"].address == "10.32.0.9"
    assert next(one.leased for one in node.registrar.seen or ()) == (("abc_default", "10.32.0.9"),)
    assert node.registrar.look() == []


def test_one_that_cannot_have_it_yet_keeps_nobody_waiting(node: Node) -> None:
    node.docker.taken = {"10.32.0.9"}
    node.runs(waiting("c1", "10.32.0.9"), container("c2", "2"))
    with pytest.raises(ContainersError, match=r"Address already in use: 10\.32\.0\.9"):
        node.registrar.look()
    assert node.dns() == ["c2"]
    node.docker.taken = set()
    node.registrar.look()
    assert node.dns() == ["c1", "c2"]


def test_one_that_does_not_run_is_given_nothing(node: Node) -> None:
    node.runs(waiting("c1", "10.32.0.9", trouble="paused"))
    node.registrar.look()
    assert node.docker.there[0].moves


def test_under_a_new_token_everything_is_written_once_more(node: Node) -> None:
    node.runs(container("c1"))
    node.registrar.look()
    written = [*node.consul.calls]
    node.consul.credential = "one"
    for _ in range(2):
        node.registrar.look()
    assert sorted(node.consul.calls) == sorted([*written, *written])
    node.consul.credential = "two"
    node.runs(container("c1"), container("c2", "2"))
    node.registrar.look()
    # What is new has the new token anyway.
    assert len(node.consul.calls) == len(written) * 4
