import json
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.nft import NftError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import SerfSilent
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.firewall import Firewall, main
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import firewall
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member

RULES = firewall.rules({})
NODES = [Member(f"node{number}", f"10.0.0.{number}") for number in (1, 2, 3)]


class Kernel:
    def __init__(self) -> None:
        self.table = ""
        self.loads = 0

    def apply(self, rules: str) -> None:
        self.table = rules
        self.loads += 1

    def has(self, family: str, table: str) -> bool:
        return bool(self.table)

    def remove(self) -> None:
        self.table = ""


class World:
    def __init__(self, directory: Path) -> None:
        self.kernel = Kernel()
        self.members: list[Member] = [*NODES]
        self.memory = directory / "peers.json"
        self.start()

    def start(self) -> None:
        self.wall = Firewall(RULES, lambda: self.members, self.memory, self.kernel)

    def lets_in(self, *addresses: str) -> bool:
        return self.kernel.table == firewall.text(RULES, addresses)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_members_are_let_in_and_those_who_left_are_not(world: World) -> None:
    world.wall.look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")
    world.members = [*NODES[:2], Member("node3", "10.0.0.3", status="left"), Member("node4", "10.0.0.4")]
    world.wall.look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.4")


def test_whoever_has_lifted_it_makes_no_table_any_more(world: World) -> None:
    world.wall.look()
    world.wall.lift()
    assert world.kernel.table == firewall.NOTHING
    world.members = NODES[:2]
    world.wall.look()
    assert world.kernel.table == firewall.NOTHING


def test_who_is_down_is_expected_back(world: World) -> None:
    world.members = [*NODES[:2], Member("node3", "10.0.0.3", status="failed")]
    world.wall.look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_nothing_is_done_twice(world: World) -> None:
    for _ in range(50):
        world.wall.look()
    assert world.kernel.loads == 1


def test_what_somebody_flushed_is_made_again(world: World) -> None:
    world.wall.look()
    world.kernel.remove()
    for _ in range(10):
        world.wall.look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_a_host_that_boots_knows_its_peers(world: World) -> None:
    world.wall.look()
    world.kernel.remove()
    world.start()
    world.wall.begin()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")
    # Serf is alone until it has found the others.
    world.members = NODES[:1]
    world.wall.look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")


@pytest.mark.parametrize("memory", [None, "broken", '{"10.0.0.9": 1'])
def test_who_was_let_in_is_not_known(world: World, memory: str | None) -> None:
    if memory is not None:
        world.memory.write_text(memory)
    world.wall.begin()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_it_begins_closed_where_serf_has_not_started(world: World) -> None:
    def starting() -> list[Member]:
        if world.members:
            return world.members
        raise SerfSilent("nobody answers")

    world.members = []
    wall = Firewall(RULES, starting, world.memory, world.kernel)
    wall.begin()
    assert world.lets_in()
    world.members = [*NODES]
    wall.look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_it_does_not_begin_without_rules(world: World) -> None:
    def refuse(_: str) -> None:
        raise NftError("nft: no such module")

    world.kernel.apply = refuse
    with pytest.raises(NftError):
        world.wall.begin()


def test_a_cluster_of_one_node(world: World) -> None:
    world.members = NODES[:1]
    world.wall.look()
    assert world.lets_in("10.0.0.1")


def test_while_serf_is_silent_all_stays(world: World) -> None:
    world.wall.look()

    def silent() -> list[Member]:
        raise SerfSilent("nobody answers")

    with pytest.raises(SerfSilent):
        Firewall(RULES, silent, world.memory, world.kernel).look()
    assert world.lets_in("10.0.0.1", "10.0.0.2", "10.0.0.3")
    assert json.loads(world.memory.read_text()) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


def test_a_configuration_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "firewall.json").write_text("[]")
    assert main(["--config", str(tmp_path / "firewall.json")]) == 1
    assert "firewall.json: it is no object" in capsys.readouterr().err
