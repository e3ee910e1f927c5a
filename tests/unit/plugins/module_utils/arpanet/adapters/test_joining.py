"""One machine's join, from its first question to its last file; what stops it, and that nothing is left half-way."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.joining import (
    FAILURES,
    Joiner,
    Outcome,
    Wish,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import join, joining
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.files import Found
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import Answer, Pin, Question
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seeds import parse
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import (
    ACTIVE,
    LOCKED,
    PENDING,
    Local,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Member as Node
from fakes.joining import (
    CA,
    KEY,
    MANAGER,
    WORKER,
    WRONG,
    FakeEngine,
    FakeGossip,
    FakeMachine,
    FakeSerf,
    door,
    manager_engine,
)

BYTES = b"k" * 32
UNITS = {joining.SERF, joining.CONSUL, joining.PROXY, joining.AGENT}


class World:
    """A cluster of two managers and a worker, and a machine beside it."""

    def __init__(self) -> None:
        self.managers = manager_engine()
        self.gossip = FakeGossip()
        self.gossip.add("node1", "10.0.0.1", door(self.managers).answer)
        self.gossip.add("node2", "10.0.0.2", door(self.managers).answer)
        self.gossip.add("node8", "10.0.0.8", role="worker")
        self.machine = FakeMachine()
        self.serf = FakeSerf(self.machine, self.gossip)
        self.engine = FakeEngine()
        self.wish = Wish(parse(["serf://10.0.0.8@10.0.0.7"]), KEY)

    def run(self, check: bool = False, **changes: object) -> Outcome:
        ticks = itertools.count()
        joiner = Joiner(
            replace(self.wish, **changes),
            self.machine,
            self.serf,
            self.engine,
            check,
            clock=lambda: 10.0 * next(ticks),
            sleep=lambda _: None,
        )
        return joiner.run()

    def refused(self, **changes: object) -> str:
        """What the join says that does not come about. Whatever it was, no cluster was made and no swarm entered."""
        with pytest.raises(FAILURES) as caught:
            self.run(**changes)
        assert not self.engine.entered
        return str(caught.value)

    def refused_later(self, **changes: object) -> str:
        """The same for a machine that has joined before."""
        before = len(self.engine.entered)
        with pytest.raises(FAILURES) as caught:
            self.run(**changes)
        assert len(self.engine.entered) == before
        return str(caught.value)


@pytest.fixture
def world() -> World:
    return World()


def test_through_any_member(world: World) -> None:
    out = world.run()
    assert out.cluster == Pin("ours", CA)
    assert out.node_id == "new"
    assert out.managers == {"node1": "10.0.0.1", "node2": "10.0.0.2"}
    assert world.engine.entered == [("join", "10.0.0.7", ("10.0.0.1", "10.0.0.2"), WORKER, "")]
    assert world.machine.running >= UNITS
    # Names before what needs them.
    starts = [call for call in world.machine.calls if call.startswith("start")]
    assert starts == [f"start {unit}" for unit in (joining.SERF, joining.CONSUL, joining.PROXY, joining.AGENT)]
    assert json.loads(world.machine.files[joining.CLUSTER].content or b"") == {"cluster": "ours", "ca": CA}


def test_a_second_run_changes_nothing_and_needs_no_key(world: World) -> None:
    world.run()
    world.managers.nodes.append(Node("new", "node7", "worker", address="10.0.0.7"))
    world.machine.calls.clear()
    assert world.run(key="").steps == []
    assert world.run(check=True).steps == []
    assert world.machine.calls == []
    assert len(world.engine.entered) == 1


@pytest.mark.parametrize(
    ("unit", "path"),
    [
        (joining.SERF, joining.SERF_CONFIG),
        (joining.CONSUL, "/etc/consul.d/arpanet.json"),
        (joining.PROXY, "/etc/arpanet/registry-proxy.cfg"),
        (joining.AGENT, "/etc/arpanet/agent.json"),
    ],
)
def test_a_unit_that_is_older_than_its_files_is_restarted_once(world: World, unit: str, path: str) -> None:
    """A run wrote them, and was cut off before it restarted what reads them."""
    world.run()
    world.managers.nodes.append(Node("new", "node7", "worker", address="10.0.0.7"))
    world.machine.newer[unit] = {path}
    world.machine.calls.clear()
    assert world.run(check=True).steps == [f"restart {unit}"]
    assert world.machine.calls == []
    assert world.run().steps == [f"restart {unit}"]
    assert world.machine.calls == [f"restart {unit}"]
    assert world.run().steps == []


def test_availability_is_said_at_the_join(world: World) -> None:
    world.run(availability="drain")
    assert world.engine.entered[0][-1] == "drain"


def test_check_mode_outside_of_the_gossip_changes_nothing(world: World) -> None:
    assert world.run(check=True).steps == ["join the gossip", "join the cluster"]
    world.machine.lacks = ["consul"]
    assert world.run(check=True).steps[0] == "install consul"
    assert not world.machine.files and not world.machine.calls


def test_check_mode_inside_of_it_tells_what_is_missing(world: World) -> None:
    world.run()
    world.managers.nodes.append(Node("new", "node7", "worker", address="10.0.0.7"))
    del world.machine.files["/etc/arpanet/agent.json"]
    world.machine.running.discard(joining.PROXY)
    assert world.run(check=True).steps == [f"start {joining.PROXY}", "write /etc/arpanet/agent.json"]
    assert "/etc/arpanet/agent.json" not in world.machine.files


@pytest.mark.parametrize("broken", ["/etc/consul.d/gossip.json", "/etc/arpanet/registry-proxy.cfg", joining.CLUSTER])
def test_what_stopped_half_way_is_completed(world: World, broken: str) -> None:
    world.machine.broken = broken
    with pytest.raises(FAILURES):
        world.run()
    world.machine.broken = ""
    if world.engine.entered:
        world.managers.nodes.append(Node("new", "node7", "worker", address="10.0.0.7"))
    assert world.run(key="").steps
    assert len(world.engine.entered) == 1
    assert world.machine.running >= UNITS


@pytest.mark.parametrize(("state", "action"), [(PENDING, "rejoin"), ("error", "rejoin"), ("inactive", "join")])
def test_a_swarm_that_was_half_joined_is_joined_again(world: World, state: str, action: str) -> None:
    world.engine.state = Local(state, "old")
    world.run()
    assert world.engine.entered[0][0] == action


def test_a_changed_setting_reaches_what_reads_it(world: World) -> None:
    world.run()
    world.managers.nodes.append(Node("new", "node7", "worker", address="10.0.0.7"))
    world.managers.nodes[1] = replace(world.managers.nodes[1], address="10.0.0.3")
    world.machine.calls.clear()
    world.run()
    assert world.machine.calls == [f"reload {joining.SERF}", f"restart {joining.CONSUL}", f"restart {joining.PROXY}"]


# What a machine may not be


def test_a_node_of_another_swarm_is_refused(world: World) -> None:
    world.engine.state = Local(ACTIVE, "elsewhere")
    assert "it is in another swarm (as node elsewhere)" in world.refused()
    assert joining.CONSUL not in world.machine.running


def test_a_manager_of_another_swarm_is_refused(world: World) -> None:
    world.engine.state = Local(ACTIVE, "m9", "theirs", True)
    assert "it is in another swarm (theirs)" in world.refused()


def test_a_manager_of_this_one_is_left_as_it_is(world: World) -> None:
    world.engine.state = Local(ACTIVE, "m1", "ours", True)
    out = world.run()
    assert out.manager and out.node_id == "m1"
    assert "/etc/consul.d/arpanet.json" not in world.machine.files


def test_a_locked_swarm_is_for_people(world: World) -> None:
    world.engine.state = Local(LOCKED, "m1")
    assert "docker swarm unlock" in world.refused()


def test_an_address_that_is_not_its_own(world: World) -> None:
    assert "does not have the address 10.0.0.6" in world.refused(seeds=parse(["10.0.0.8@10.0.0.6"]))


def test_a_bare_machine_is_told_how_to_get_ready(world: World) -> None:
    world.machine.lacks = ["consul", "serf.service"]
    assert "consul, serf.service missing: install what a node needs with join.yml" in world.refused()


def test_a_name_that_is_taken(world: World) -> None:
    world.managers.nodes.append(Node("x", "node7", "worker", address="10.0.0.9"))
    assert "has a living node of the name node7, at 10.0.0.9" in world.refused()


# No way in


def test_nobody_there(world: World) -> None:
    said = world.refused(seeds=parse(["10.0.0.98", "10.0.0.99"]))
    assert "10.0.0.98:7947 does not answer (Connection refused); 10.0.0.99:7947 does not answer" in said
    assert "Nothing was joined" in said
    assert joining.SERF not in world.machine.running
    assert not world.machine.keys


def test_the_next_address_when_the_first_is_dead(world: World) -> None:
    assert world.run(seeds=parse(["10.0.0.99", "10.0.0.8"])).node_id == "new"


def test_no_key(world: World) -> None:
    assert "the key of the cluster's gossip is missing" in world.refused(key="")
    assert "no key of Serf's gossip" in world.refused(key="short")
    assert not world.machine.files


def test_a_wrong_key(world: World) -> None:
    said = world.refused(key=WRONG)
    assert "wrong key" in said
    assert WRONG not in said
    # It is not kept, so that the right one works.
    assert not world.machine.keys
    assert world.run().node_id == "new"


def test_a_node_keeps_its_own_key(world: World) -> None:
    """Its cluster may be away for a moment: that is no reason to forget it."""
    world.run()
    world.serf.inside = False
    assert "has another key than the one given: wrong key" in world.refused_later(key=WRONG)
    assert world.machine.keys == [KEY]
    for member in list(world.gossip.members):
        world.gossip.members[member] = replace(world.gossip.members[member], status="failed")
    assert "no way into the cluster" in world.refused_later(key="")
    assert world.machine.keys == [KEY]


def test_a_machine_in_other_gossip_is_refused(world: World) -> None:
    world.run()
    assert "is in the gossip of other members, such as node1 (10.0.0.1)" in world.refused_later(
        seeds=parse(["10.9.9.9"])
    )


def test_no_manager_alive(world: World) -> None:
    for name in ("node1", "node2"):
        world.gossip.members[name] = replace(world.gossip.members[name], status="failed")
    assert "no manager is alive among the members" in world.refused()


def test_managers_whose_agents_are_silent(world: World) -> None:
    world.gossip.answerers.clear()
    assert "node1, node2 did not answer: is their arpanet-agent running?" in world.refused()


def test_managers_that_cannot_help_say_why(world: World) -> None:
    def no_quorum() -> list[Node]:
        raise join.Refused("the swarm has no leader")

    world.managers.members = no_quorum
    assert "node1: the swarm has no leader; node2: the swarm has no leader" in world.refused()


def test_the_first_manager_is_gone_for_good(world: World) -> None:
    world.gossip.members["node1"] = replace(world.gossip.members["node1"], status="failed")
    del world.gossip.answerers["node1"]
    assert world.run().node_id == "new"


def test_the_next_manager_gives_when_the_first_stops_half_way(world: World) -> None:
    answer = world.gossip.answerers["node1"]

    def only_who(payload: bytes) -> bytes | None:
        return answer(payload) if json.loads(payload)["ask"] == join.WHO else None

    world.gossip.answerers["node1"] = only_who
    assert world.run().node_id == "new"


# Attacks


def rogue(world: World, answer: object, role: str = "manager") -> None:
    """A member that answers as it likes: it has the key of the gossip, or it would be none."""
    world.gossip.add("rogue", "10.0.0.66", answer, role)


def test_the_wrong_cluster_by_its_id(world: World) -> None:
    said = world.refused(pin=Pin("theirs"))
    assert f"node1 gave an answer of another cluster, ours:{CA}; theirs is meant" in said
    assert joining.CONSUL not in world.machine.running


def test_the_cluster_that_was_joined_stays_the_one(world: World) -> None:
    world.machine.cluster = f"theirs:{CA}"
    assert "an answer of another cluster" in world.refused()
    assert "this machine has joined another cluster before" in world.refused(pin=Pin("ours"))


def test_a_replayed_answer(world: World) -> None:
    """An old answer, of this very cluster, is not believed; the managers' own are."""
    heard: list[bytes] = []
    answer = door(world.managers).answer
    old = answer(join.seal(Question(join.WHO, "long-ago", "node4", "10.0.0.4"), BYTES))
    rogue(world, lambda payload: heard.append(payload) or old)
    assert world.run().doubts == ["rogue gave a replayed answer: it was given to another question than this machine's"]
    # Alone it gets nowhere.
    other = World()
    other.gossip.answerers.clear()
    other.gossip.answerers["node1"] = lambda _: old
    assert "node1 gave a replayed answer" in other.refused()


def test_an_answer_of_who_has_no_key(world: World) -> None:
    world.gossip.answerers = {"node1": lambda _: b'{"cluster": "ours", "code": "x"}'}
    assert "node1 gave a stranger's answer: it was not made with this cluster's key" in world.refused()


def strange(payload: bytes) -> bytes | None:
    return door(manager_engine("theirs")).answer(payload)


def test_a_strangers_manager_that_has_the_key(world: World) -> None:
    rogue(world, strange)
    said = world.refused()
    assert "a stranger's manager: those who answer are of different clusters" in said
    assert f"rogue says theirs:{CA}" in said
    # Whoever says which cluster is meant gets in.
    out = world.run(pin=Pin("ours"))
    assert out.node_id == "new"
    assert out.doubts == [f"rogue gave an answer of another cluster, theirs:{CA}; ours is meant"]


def test_a_strangers_manager_that_gives_a_token_of_its_own(world: World) -> None:
    def lies(payload: bytes) -> bytes | None:
        question, key = join.read_question(payload, [BYTES])
        if question.ask == join.WHO:
            return join.seal(Answer("ours", CA, question.nonce, join.WHO), key)
        parts = join.parts(join.Welcome(WORKER.replace("a" * 50, "z" * 50), {"10.0.0.66": True}))
        return join.seal(
            Answer("ours", CA, question.nonce, join.GIVE, question.part, len(parts), parts[question.part]), key
        )

    world.gossip.answerers = {"node1": lies}
    assert "a stranger's manager: its join token leads to another swarm" in world.refused()


def test_a_strangers_manager_at_the_address(world: World) -> None:
    """The engine itself compares the authority with the token's digest."""
    world.engine.refuses = "POST /swarm/join: remote CA does not match fingerprint. Expected: 3h"
    assert "a stranger's manager: whoever answers at 10.0.0.1, 10.0.0.2 is of another swarm" in world.refused()


def test_nobody_is_given_a_managers_token(world: World) -> None:
    world.run()
    answer = world.gossip.answerers["node1"]
    everything = b"".join(filter(None, map(answer, world.gossip.questions)))
    assert MANAGER.encode() not in everything
    asked = join.seal(Question("manager", "n", "node4", "10.0.0.4"), BYTES)
    assert b"knows no question manager" in (answer(asked) or b"")


def test_secrets_are_in_no_step_and_no_diff(world: World) -> None:
    out = world.run()
    shown = repr([out.steps, out.doubts, [(change.before, change.after) for change in out.changes]])
    assert KEY not in shown and WORKER not in shown
    assert KEY not in repr(world.wish)


def test_a_file_in_the_way_is_found_before_the_swarm_is_entered(world: World) -> None:
    world.machine.files["/etc/consul.d/gossip.json"] = Found("directory")
    with pytest.raises(Exception, match="is a directory"):
        world.run()
    assert not world.engine.entered
