"""Deployments on Weave, and everything that may happen to them there."""

import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import PAIR, Lab
from harness.cluster import Container
from harness.eventually import eventually
from harness.load import HEALTH, LOAD, asked, asked_more_than, failures
from harness.node import Node, NodeError
from harness.passes import passes

# A router's own process, and not the shell that looks for it.
ROUTER = "^/home/weave/weave[r]|^/usr/bin/python3 /plugin[.]py"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 80), 3); print('there')"


def test_a_deployment_on_weave(lab: Lab, abc: str) -> None:
    assert "+ network abc_default" in lab.deploy(PAIR, abc)
    assert lab.drivers(abc) == {"weave:latest"}
    assert len({one.node.name for one in lab.cluster.containers(abc)}) > 1
    eventually(lambda: lab.reach_each_other(abc))
    assert lab.deploy(PAIR, abc) == []
    status = lab.playbooks.do("status").output
    assert re.search(r"abc +pair +weave", status), status
    # Nobody has to say the driver again.
    lab.playbooks.scale(abc, "web", 3)
    eventually(lambda: lab.reach_each_other(abc))
    lab.playbooks.do("rollback", deployment=abc)
    assert len(lab.cluster.containers(abc, "web")) == 2
    assert lab.drivers(abc) == {"weave:latest"}


def test_a_deployment_moves_there_and_back_while_it_serves(lab: Lab, abc: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    health = {"test": ["CMD", "bash", "-c", HEALTH], "interval": "1s"}
    services = {
        "web": {"image": "acmeinc/productcatalog", "healthcheck": health, "deploy": {"replicas": 2}},
        "client": {"image": "python:3-slim", "command": ["python", "-c", LOAD.replace("$", "$$")], "init": True},
    }
    services["web"]["stop_grace_period"] = "3s"
    file.write_text(json.dumps({"services": services}))
    lab.deploy(file, abc, "overlay")
    (client,) = lab.cluster.containers(abc, "client")
    eventually(lambda: asked_more_than(client, 100), within=60)
    before = lab.playbooks.deploy(file, abc, "--check", "--diff", arpanet_driver="weave")
    assert "+ network abc_default-g2" in before.plan
    assert '"driver": "weave:latest"' in before.output or "driver: weave:latest" in before.output
    assert lab.drivers(abc) == {"overlay"}
    for driver, found in (("weave", "weave:latest"), ("overlay", "overlay")):
        lab.deploy(file, abc, driver)
        assert lab.drivers(abc) == {found}
        (client,) = lab.cluster.containers(abc, "client")
        assert failures(client) == []
        eventually(lambda client=client: asked_more_than(client, 50), within=60)
        assert asked(client) > 50


def inside(one: Container, *words: str) -> str:
    """A program of the node in a container's network, as a container could that has NET_ADMIN."""
    process = one.node.run(f"docker inspect --format '{{{{.State.Pid}}}}' {one.id}").strip()
    quoted = " ".join(f"'{word}'" for word in words)
    return one.node.run(f"nsenter --target {process} --net {quoted}")


def attack(attacker: Container, victim: Container) -> str:
    """Try to reach an address of another deployment: as oneself, then as one of its own. What came of it."""
    name = device(attacker)["ifname"]
    there = victim.address
    forged = f"{there.rpartition('.')[0]}.{int(there.rpartition('.')[2]) - 20}"
    steps = [
        (["ip", "route", "replace", f"{there}/32", "dev", name], ["ip", "route", "del", f"{there}/32"]),
        (["ip", "addr", "add", f"{forged}/24", "dev", name], ["ip", "addr", "del", f"{forged}/24", "dev", name]),
    ]
    said = ""
    for begin, end in steps:
        inside(attacker, *begin)
        try:
            said += inside(attacker, "python3", "-c", CONNECT.replace("'", '"'), there)
        except NodeError as error:
            said += "" if "timed out" in str(error) or "No route" in str(error) else str(error)
        finally:
            inside(attacker, *end)
    return said.strip()


# Sends as if it were another's hardware address, so that bridges and routers learn it to be here, and counts what comes
# for that one: what every container can that has NET_RAW, as Docker's have.
STEAL = """
import socket, sys, time
device, station, address = sys.argv[1:]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((device, 0))
wire.settimeout(0.01)
wanted = bytes([8, 0]), socket.inet_aton(address)
forged = bytes([255] * 6) + bytes.fromhex(station.replace(":", "")) + bytes([8, 6]) + bytes(46)
stolen, end = 0, time.monotonic() + 6
while time.monotonic() < end:
    wire.send(forged)
    try:
        frame, (_, _, kind, *_) = wire.recvfrom(2048)
    except TimeoutError:
        continue
    stolen += kind != socket.PACKET_OUTGOING and (frame[12:14], frame[30:34]) == wanted
print(stolen)
"""


def device(one: Container) -> dict[str, str]:
    """The interface that has a container's address."""
    own = json.loads(inside(one, "ip", "-json", "addr"))
    (found,) = (item for item in own for entry in item["addr_info"] if entry.get("local") == one.address)
    return dict(found)


def steal(attacker: Container, victim: Container, friend: Container) -> tuple[int, int]:
    """What of a victim's packets came to the attacker, and how often the victim's friend asked in vain meanwhile."""
    words = (device(attacker)["ifname"], device(victim)["address"], victim.address)
    lost = 0
    with ThreadPoolExecutor(1) as pool:
        stolen = pool.submit(inside, attacker, "python3", "-c", STEAL.replace("'", '"'), *words)
        while not stolen.done():
            try:
                friend.ask(victim.address)
            except NodeError:
                lost += 1
    return int(stolen.result()), lost


@pytest.mark.parametrize("driver", ["weave", "overlay"])
def test_deployments_do_not_reach_each_other(lab: Lab, abc: str, driver: str) -> None:
    lab.deploy(PAIR, abc, driver)
    lab.deploy(PAIR, "xyz", driver)
    try:
        attackers = lab.cluster.containers(abc, "client")
        victims = lab.cluster.containers("xyz", "web")
        for attacker in attackers:
            for victim in victims:
                assert attack(attacker, victim) == "", (attacker, victim)
        eventually(lambda: lab.reach_each_other(abc))
        if driver == "weave":
            (friend, *_), (victim, *_) = lab.cluster.containers("xyz", "client"), victims
            assert steal(attackers[0], victim, friend) == (0, 0)
            # Without the rules the same attacks succeed, so it is they that stop them.
            for node in lab.cluster.nodes:
                node.run("systemctl stop arpanet-weave && nft delete table bridge arpanet_weave")
            try:
                assert "there" in attack(attackers[0], victim)
                assert steal(attackers[0], victim, friend) != (0, 0)
            finally:
                for node in lab.cluster.nodes:
                    node.run("systemctl start arpanet-weave")
            lab.well()
            assert attack(attackers[0], victim) == ""
    finally:
        lab.playbooks.remove("xyz")


def test_who_joins_a_network_reaches_it(lab: Lab, abc: str, tmp_path: Path) -> None:
    lab.deploy(PAIR, abc)
    file = tmp_path / "compose.yml"
    body = {
        "services": {"guest": {"image": "acmeinc/productcatalog", "networks": ["default", "theirs"]}},
        "networks": {"theirs": {"external": True, "name": "abc_default"}},
    }
    file.write_text(json.dumps(body))
    lab.deploy(file, "guests")
    try:
        (guest,) = lab.cluster.containers("guests")
        address = lab.cluster.containers(abc, "web")[0].address
        eventually(lambda: guest.ask(address))
    finally:
        lab.playbooks.remove("guests")


def test_an_explicit_address_is_given(lab: Lab, abc: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    fixed = {"image": "acmeinc/productcatalog", "networks": {"default": {"ipv4_address": "172.20.0.10"}}}
    body = {
        "services": {"fixed": fixed, "client": {"image": "acmeinc/productcatalog", "deploy": {"replicas": 2}}},
        "networks": {"default": {"ipam": {"config": [{"subnet": "172.20.0.0/24"}]}}},
    }
    file.write_text(json.dumps(body))
    lab.deploy(file, abc)
    (one,) = lab.cluster.containers(abc, "fixed")
    assert int(one.address.rpartition(".")[2]) % 64 == 10
    eventually(lambda: lab.reach_each_other(abc))


def test_a_node_without_its_plugin_gets_nothing_and_is_named(lab: Lab, abc: str) -> None:
    node = lab.cluster.nodes[-1]
    node.run("systemctl stop arpanet-weave && docker plugin disable --force weave")
    try:
        eventually(lambda: _is_unready(lab, node.name))
        run = lab.playbooks.run("deploy", stack=str(PAIR), deployment=abc, arpanet_driver="weave")
        assert run.code == 2
        assert f"Weave on {node.name} is not ready" in run.words
        assert "run site.yml" in run.words
        assert lab.cluster.swarm("services") == []
        assert not [key for key in lab.cluster.kv("arpanet/subnets/") if abc in key]
    finally:
        node.run("systemctl start arpanet-weave")
    lab.well()
    lab.deploy(PAIR, abc)
    eventually(lambda: lab.reach_each_other(abc))


def _is_unready(lab: Lab, node: str) -> None:
    assert not lab.told()[node]["ready"]


def test_it_survives_what_ends_it(lab: Lab, abc: str) -> None:
    lab.deploy(PAIR, abc)
    node = lab.cluster.nodes[-1]
    node.run("systemctl restart docker", timeout=180)
    lab.well(within=180)
    eventually(lambda: lab.reach_each_other(abc), within=120)
    node.run(f"kill -9 $(pgrep -f '{ROUTER}')")
    lab.well(within=180)
    eventually(lambda: lab.reach_each_other(abc), within=120)
    lab.cluster.stop(node)
    lab.cluster.start(node)
    eventually(lambda: node.run("true"), within=60)
    lab.well(within=180)
    eventually(lambda: lab.reach_each_other(abc), within=120)


def test_a_partition_heals(lab: Lab, abc: str) -> None:
    lab.deploy(PAIR, abc)
    node = lab.cluster.nodes[-1]
    lab.cluster.cut(node)
    try:
        eventually(lambda: lab.reach_each_other(abc), within=120)
    finally:
        lab.cluster.heal(node)
    lab.well(within=180)
    eventually(lambda: lab.reach_each_other(abc), within=120)


def test_the_password_is_rotated_and_neither_is_shown(lab: Lab, abc: str) -> None:
    lab.deploy(PAIR, abc)
    before = lab.password()
    with lab.unseen(before=before) as runs:
        runs.append(lab.playbooks.do("rotate_keys", "-vvv", "--diff", what="weave"))
    assert lab.password() != before
    lab.well()
    eventually(lambda: lab.reach_each_other(abc))
    assert lab.site().changed == 0


def blocked(lab: Lab, verb: str) -> None:
    """No VXLAN between nodes, from now on (-I) or no more (-D)."""
    for node in lab.cluster.nodes:
        node.run(f"iptables -w {verb} INPUT -i eth0 -p udp --dport 4789 -j DROP")


def apart(lab: Lab, deployment: str) -> tuple[Container, Container]:
    """A client of a deployment, and a server on another node."""
    asker, *_ = lab.cluster.containers(deployment, "client")
    there = next(one for one in lab.cluster.containers(deployment, "web") if one.node is not asker.node)
    return asker, there


def test_it_works_where_vxlan_is_blocked(lab: Lab, abc: str) -> None:
    blocked(lab, "-I")
    try:
        lab.deploy(PAIR, abc)
        assert len({one.node.name for one in lab.cluster.containers(abc)}) > 1
        eventually(lambda: lab.reach_each_other(abc), within=60)
        # Overlay networks need it, so that it is blocked.
        lab.deploy(PAIR, "xyz", "overlay")
        asker, there = apart(lab, "xyz")
        with pytest.raises(NodeError, match=r"timed out|No route"):
            asker.run("python3", "-c", CONNECT, there.address)
    finally:
        blocked(lab, "-D")
        lab.playbooks.remove("xyz")


SNIFF = """
import select, socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
wire.bind(("eth0", 0))
print("listening", flush=True)
seen, found = 0, 0
# Until its input ends, and then what has come by then.
while wire in select.select([wire, sys.stdin], [], [])[0]:
    frame = wire.recv(65536)
    seen += 1
    found += sys.argv[1].encode() in frame
print(seen, found)
"""


@pytest.mark.parametrize("driver", ["weave", "overlay"])
def test_what_is_on_the_wire(lab: Lab, abc: str, given: bool, driver: str) -> None:
    """Weave's frames cannot be read. Overlay's can, so that the test would see it."""
    if driver == "weave" and not given:
        pytest.skip("what stands in for Weave encrypts nothing")
    lab.deploy(PAIR, abc, driver)
    asker, there = apart(lab, abc)
    word = "a-word-that-nobody-else-says"
    sniff = there.node.argv(f"python3 -u -c {shlex.quote(SNIFF)} {word}")
    with subprocess.Popen(sniff, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sniffing:
        assert sniffing.stdin is not None
        assert sniffing.stdout is not None
        assert sniffing.stdout.readline() == "listening\n"
        for _ in range(5):
            asker.ask(f"{there.address}/?{word}")
        sniffing.stdin.close()
        seen, found = map(int, sniffing.stdout.read().split())
    assert seen > 5
    assert bool(found) is (driver == "overlay")


def test_tasks_stay_away_from_a_node_whose_plugin_does_not_come_up(lab: Lab, abc: str) -> None:
    lab.deploy(PAIR, abc)
    node = lab.cluster.nodes[-1]

    def labelled() -> dict[str, str]:
        nodes = lab.cluster.managers[0].engine("/nodes")
        return {one["Description"]["Hostname"]: one["Spec"]["Labels"].get("arpanet.weave", "") for one in nodes}

    def elsewhere() -> None:
        assert labelled()[node.name] == "off"
        found = lab.cluster.containers(abc)
        assert found
        assert node.name not in {one.node.name for one in found}

    def back() -> None:
        assert labelled()[node.name] == ""

    entry = node.run(
        "ls /var/lib/docker/plugins/*/rootfs/plugin.py /var/lib/docker/plugins/*/rootfs/home/weave/weaver "
        "2>/dev/null || true"
    ).split()[0]
    node.run(f"mv {entry} {entry}.away && kill -9 $(pgrep -f '{ROUTER}')")
    try:
        eventually(lambda: _is_unready(lab, node.name), within=60)
        eventually(elsewhere, within=180)
        eventually(lambda: lab.reach_each_other(abc), within=60)
        doctor = lab.playbooks.run("doctor")
        assert doctor.code != 0
        assert f"Weave on {node.name} is not ready" in doctor.words
        assert re.search(rf"{node.name} +not ready", lab.playbooks.run("status").output)
    finally:
        node.run(f"mv {entry}.away {entry}")
    lab.well(within=180)
    eventually(back, within=60)


def test_status_and_doctor_tell_of_it(lab: Lab, abc: str) -> None:
    lab.deploy(PAIR, abc)
    eventually(lambda: lab.reach_each_other(abc))
    status = lab.playbooks.do("status").output
    for node, told in lab.told().items():
        (line,) = (line for line in status.splitlines() if line.startswith(node) and told["peer"] in line)
        assert f" {told['path']} " in line
        assert "2 established" in line
        assert ("not encrypted" not in line) is told["encrypted"]
        assert told["encrypted"]
    lab.doctor_is_content()


# What the firewall closes of Weave, whether anybody listens there or not.
PORTS = [("tcp", 6782), ("tcp", 6783), ("udp", 6783), ("udp", 6784)]


def let_in(asker: Node | None, target: Node) -> list[tuple[str, int]]:
    """Those at which a packet gets through to a node; of this machine, a stranger, where no node asks."""
    return [(kind, port) for kind, port in PORTS if passes(asker, target, port, kind)]


def test_the_firewall_lets_members_pass_and_nobody_else(lab: Lab, abc: str) -> None:
    asker, *targets = lab.cluster.nodes

    def closed() -> None:
        assert lab.cluster.each(lambda node: let_in(None, node)) == {node.name: [] for node in lab.cluster.nodes}

    assert let_in(None, asker) == PORTS
    try:
        lab.site(agent_firewall=True)
        eventually(closed, within=60)
        for target in targets:
            assert let_in(asker, target) == PORTS
        lab.well()
        lab.deploy(PAIR, abc)
        assert len({one.node.name for one in lab.cluster.containers(abc)}) > 1
        eventually(lambda: lab.reach_each_other(abc), within=60)
        # Whoever does not say that deployments are on Weave does not take it from them.
        assert lab.playbooks.do("site", agent_firewall=True).changed == 0
    finally:
        lab.site()
    assert let_in(None, asker) == PORTS
