"""With agent_firewall strangers reach SSH, published ports and the gossip, and members everything; tests build on
each other: node1 and node2 are the cluster, node3 joins by site.yml, node4 is the stranger, and joins by join.yml."""

import shlex
from pathlib import Path

from harness.eventually import eventually
from harness.newcomers import World
from harness.node import Node
from harness.passes import passes
from harness.playbooks import Run

STACK = Path(__file__).parent / "stacks/compose.yml"
CLUSTER = {2377, 5001, 7946, 8300, 8301}
OPEN = {22, 7947}

_ASK = (
    "import socket, sys\n"
    "for port in map(int, sys.argv[2:]):\n"
    "    try: socket.create_connection((sys.argv[1], port), 1).close(); print(port)\n"
    "    except OSError: pass"
)


def site(world: World, *numbers: int, firewall: bool = True, **variables: object) -> Run:
    hosts = ":".join(["localhost", *(world.node(number).name for number in numbers)])
    return world.playbooks.do("site", "--limit", hosts, "--diff", agent_firewall=firewall, **variables)


def reached(asker: Node, target: Node) -> set[int]:
    """Of the cluster's TCP ports and some others, those of the target that answer the asker."""
    ports = sorted(map(str, CLUSTER | OPEN))
    return {int(port) for port in asker.run(shlex.join(["python3", "-c", _ASK, target.address, *ports])).split()}


def table(node: Node) -> str:
    return node.run("nft list table inet arpanet 2>/dev/null || true")


def all_answer(world: World, *numbers: int, stranger: int = 4) -> None:
    """Every instance answers every other by name, over the overlay network, and a stranger at the published port."""
    containers = world.cluster.containers("open", nodes=[world.node(number) for number in numbers])
    assert sorted(one.node.name for one in containers) == [f"node{number}" for number in numbers]
    addresses = sorted(one.address for one in containers)
    for one in containers:
        assert one.resolve("web") == addresses
        for address in addresses:
            one.run("python3", "-c", f"import urllib.request as u; u.urlopen('http://{address}:8000/', timeout=5)")
    for number in numbers:
        ask = f"import urllib.request as u; u.urlopen('http://{world.node(number).address}:18080/', timeout=5)"
        world.node(stranger).run(shlex.join(["python3", "-c", ask]))


def test_off_there_is_no_table(world: World) -> None:
    assert site(world, 1, 2, firewall=False)
    assert [table(world.node(number)) for number in (1, 2)] == ["", ""]
    assert reached(world.node(4), world.node(1)) == CLUSTER | OPEN


def test_check_mode_tells_the_truth(world: World) -> None:
    run = world.playbooks.do("site", "--limit", "localhost:node1:node2", "--check", "--diff", agent_firewall=True)
    assert run.changed and '+    "data_path_port": 4789,' in run.output
    assert [table(world.node(number)) for number in (1, 2)] == ["", ""]


def test_on_strangers_reach_nothing_of_the_cluster(world: World) -> None:
    site(world, 1, 2)
    stranger, manager, worker = world.node(4), world.node(1), world.node(2)
    eventually(lambda: _closed(world, 1, 2))
    assert reached(worker, manager) == CLUSTER | OPEN
    assert reached(manager, worker) == {7946, 8301} | OPEN
    for port in (4789, 7946, 8301):
        assert not passes(stranger, manager, port)
        assert passes(worker, manager, port)
    assert passes(stranger, manager, 7947)
    assert site(world, 1, 2).changed == 0


def test_a_stranger_is_not_answered_at_an_address_of_another_interface(world: World) -> None:
    # As docker0's, where Consul answers DNS; here one that the stranger has not got itself.
    stranger, worker = world.node(4), world.node(2)
    worker.run(
        "ip link add probe type bridge && ip address add 192.0.2.53/32 dev probe && ip link set probe up && "
        "systemd-run --quiet --unit=probe python3 -m http.server 53 --bind 192.0.2.53"
    )
    stranger.run(f"ip route add 192.0.2.53 via {worker.address}")
    ask = shlex.join(["python3", "-c", _ASK, "192.0.2.53", "53"])
    try:
        eventually(lambda: _is(worker.run(ask), "53"))
        assert stranger.run(ask) == ""
        worker.run("nft delete table inet arpanet")
        assert stranger.run(ask).strip() == "53"
    finally:
        stranger.run("ip route delete 192.0.2.53")
        worker.run("systemctl stop probe; ip link delete probe")
    eventually(lambda: _closed(world, 1, 2))


def test_a_deployment_runs_through_it(world: World) -> None:
    world.playbooks.deploy(STACK, "open")
    eventually(lambda: all_answer(world, 1, 2))


def test_a_node_that_joins_is_let_in(world: World) -> None:
    site(world, 3)
    eventually(lambda: _closed(world, 1, 2, 3))
    eventually(lambda: all_answer(world, 1, 2, 3), within=60)
    assert site(world, 1, 2, 3).changed == 0


def test_it_survives_restarts_and_whoever_flushes_all(world: World) -> None:
    worker = world.node(2)
    world.cluster.stop(worker)
    world.cluster.start(worker)
    eventually(lambda: _closed(world, 1, 2, 3), within=60)
    eventually(lambda: all_answer(world, 1, 2, 3), within=90)
    worker.run("nft flush ruleset; systemctl restart docker")
    eventually(lambda: _closed(world, 1, 2, 3), within=60)
    eventually(lambda: all_answer(world, 1, 2, 3), within=90)
    worker.run("systemctl kill --signal=KILL --kill-whom=main arpanet-firewall")
    _closed(world, 2)


def test_a_machine_that_joins_by_itself_has_it_too(world: World) -> None:
    # Until then it was the stranger.
    world.join(host=4, join=f"serf://{world.node(1).address}@{world.node(4).address}")
    eventually(lambda: _let_in(world, 4))
    assert "udp dport { 4789, 7946, 8301 } drop" in table(world.node(4))
    eventually(lambda: all_answer(world, 1, 2, 3, 4), within=60)


def test_who_leaves_is_shut_out_and_keeps_no_table(world: World) -> None:
    world.playbooks.do("leave", node="node3")
    eventually(lambda: _closed(world, 1, stranger=3), within=60)
    assert table(world.node(3)) == ""


def test_off_again_nothing_is_left(world: World) -> None:
    assert site(world, 1, 2, 4, firewall=False).changed
    assert [table(world.node(number)) for number in (1, 2, 4)] == ["", "", ""]
    assert reached(world.node(3), world.node(1)) == CLUSTER | OPEN
    assert site(world, 1, 2, 4, firewall=False).changed == 0


def test_a_reset_takes_it_away(world: World) -> None:
    site(world, 1, 2, 4)
    eventually(lambda: _closed(world, 1, stranger=3))
    world.playbooks.do("reset", node="node4", confirm="yes", force="true")
    assert table(world.node(4)) == ""


def _closed(world: World, *numbers: int, stranger: int = 4) -> None:
    for number in numbers:
        assert reached(world.node(stranger), world.node(number)) == OPEN, number


def _is(found: str, wanted: str) -> None:
    assert found.strip() == wanted


def _let_in(world: World, number: int) -> None:
    assert reached(world.node(number), world.node(1)) == CLUSTER | OPEN
