"""Weave from a bundle to a cluster that runs deployments on it, and everything that may happen to it there."""

import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest
from bundle import make
from conftest import Lab
from harness.cluster import CHECKOUT, Container
from harness.eventually import eventually
from harness.load import HEALTH, LOAD, asked, asked_more_than, failures
from harness.node import Node, NodeError

PAIR = Path(__file__).parent / "stacks" / "pair" / "compose.yml"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 80), 3); print('there')"


def deploy(lab: Lab, stack: Path, deployment: str, driver: str = "weave", **variables: object) -> list[str]:
    """The plan of a deployment on a driver."""
    return lab.playbooks.deploy(stack, deployment, arpanet_driver=driver, **variables).plan


def drivers(lab: Lab, deployment: str) -> set[str]:
    return {item["Driver"] for item in lab.cluster.swarm("networks") if item["Name"].startswith(f"{deployment}_")}


def reach_each_other(lab: Lab, deployment: str) -> None:
    """Every instance asks every service by name."""
    found = lab.cluster.containers(deployment)
    for one in found:
        for service in {other.service for other in found}:
            assert one.ask(service)["service"] == "catalogue"


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    assert lab.site().changed == 0
    assert lab.site("--check", "--diff").changed == 0


def test_what_is_wrong_is_refused_before_anything_changes(lab: Lab, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(lab.bundle, tmp_path / "broken"))
    archive = next(broken.glob("rootfs.tar*"))
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")
    for asked_for, said in (
        ({"weave_bundle": str(broken)}, "has the checksum sha256:"),
        ({"weave_bundle": str(tmp_path)}, "it has to have one of"),
        ({"weave_bundle": "", "weave_api_version": "1.20"}, "answers no API older than"),
        ({"weave_range": "10.33.0.0/24"}, "lies in the pool"),
    ):
        run = lab.playbooks.run("site", arpanet_driver="weave", **{"weave_bundle": str(lab.bundle), **asked_for})
        assert (run.code, run.changed) == (2, 0), run.output
        assert said in run.words


def test_settings_change_one_node_after_the_other_and_no_secret_is_shown(lab: Lab) -> None:
    keys = lab.cluster.each(lambda node: node.run("cat /etc/arpanet/keys/weave").strip(), lab.cluster.managers)
    (key,) = set(keys.values())
    foretold = lab.site("--check", "--diff", weave_mtu=1300)
    done = lab.site("--diff", "-v", weave_mtu=1300)
    assert "1300" in foretold.output
    assert key not in foretold.output + done.output
    for node in lab.cluster.nodes:
        environment = node.engine("/plugins/weave:latest/json")["Settings"]["Env"]
        assert "WEAVE_MTU=1300" in environment
        assert f"WEAVE_PASSWORD={key}" in environment
        assert key not in node.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    lab.well()
    lab.site()
    lab.well()


def test_a_deployment_on_weave(lab: Lab, abc: str) -> None:
    assert "+ network abc_default" in deploy(lab, PAIR, abc)
    assert drivers(lab, abc) == {"weave:latest"}
    assert len({one.node.name for one in lab.cluster.containers(abc)}) > 1
    eventually(lambda: reach_each_other(lab, abc))
    assert deploy(lab, PAIR, abc) == []
    status = lab.playbooks.do("status").output
    assert re.search(r"abc +pair +weave", status), status
    # Nobody has to say the driver again.
    lab.playbooks.scale(abc, "web", 3)
    eventually(lambda: reach_each_other(lab, abc))
    lab.playbooks.do("rollback", deployment=abc)
    assert len(lab.cluster.containers(abc, "web")) == 2
    assert drivers(lab, abc) == {"weave:latest"}


def test_a_deployment_moves_there_and_back_while_it_serves(lab: Lab, abc: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    health = {"test": ["CMD", "python", "-c", HEALTH], "interval": "1s"}
    services = {
        "web": {"image": "acmeinc/productcatalog", "healthcheck": health, "deploy": {"replicas": 2}},
        "client": {"image": "python:3-slim", "command": ["python", "-c", LOAD.replace("$", "$$")], "init": True},
    }
    services["web"]["stop_grace_period"] = "3s"
    file.write_text(json.dumps({"services": services}))
    deploy(lab, file, abc, "overlay")
    (client,) = lab.cluster.containers(abc, "client")
    eventually(lambda: asked_more_than(client, 100), within=60)
    before = lab.playbooks.deploy(file, abc, "--check", "--diff", arpanet_driver="weave")
    assert "+ network abc_default-g2" in before.plan
    assert '"driver": "weave:latest"' in before.output or "driver: weave:latest" in before.output
    assert drivers(lab, abc) == {"overlay"}
    for driver, found in (("weave", "weave:latest"), ("overlay", "overlay")):
        deploy(lab, file, abc, driver)
        assert drivers(lab, abc) == {found}
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
    own = json.loads(inside(attacker, "ip", "-json", "addr"))
    (device,) = (item["ifname"] for item in own for one in item["addr_info"] if one.get("local") == attacker.address)
    there = victim.address
    forged = f"{there.rpartition('.')[0]}.{int(there.rpartition('.')[2]) - 20}"
    steps = [
        (["ip", "route", "replace", f"{there}/32", "dev", device], ["ip", "route", "del", f"{there}/32"]),
        (["ip", "addr", "add", f"{forged}/24", "dev", device], ["ip", "addr", "del", f"{forged}/24", "dev", device]),
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


@pytest.mark.parametrize("driver", ["weave", "overlay"])
def test_deployments_do_not_reach_each_other(lab: Lab, abc: str, driver: str) -> None:
    deploy(lab, PAIR, abc, driver)
    deploy(lab, PAIR, "xyz", driver)
    try:
        attackers = lab.cluster.containers(abc, "client")
        victims = lab.cluster.containers("xyz", "web")
        for attacker in attackers:
            for victim in victims:
                assert attack(attacker, victim) == "", (attacker, victim)
        eventually(lambda: reach_each_other(lab, abc))
        if driver == "weave":
            # Without the rules the same attack succeeds, so it is they that stop it.
            for node in lab.cluster.nodes:
                node.run("systemctl stop arpanet-weave && nft delete table bridge arpanet_weave")
            try:
                assert "there" in attack(attackers[0], victims[0])
            finally:
                for node in lab.cluster.nodes:
                    node.run("systemctl start arpanet-weave")
            lab.well()
            assert attack(attackers[0], victims[0]) == ""
    finally:
        lab.playbooks.remove("xyz")


def test_who_joins_a_network_reaches_it(lab: Lab, abc: str, tmp_path: Path) -> None:
    deploy(lab, PAIR, abc)
    file = tmp_path / "compose.yml"
    body = {
        "services": {"guest": {"image": "acmeinc/productcatalog", "networks": ["default", "theirs"]}},
        "networks": {"theirs": {"external": True, "name": "abc_default"}},
    }
    file.write_text(json.dumps(body))
    deploy(lab, file, "guests")
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
    deploy(lab, file, abc)
    (one,) = lab.cluster.containers(abc, "fixed")
    assert int(one.address.rpartition(".")[2]) % 64 == 10
    eventually(lambda: reach_each_other(lab, abc))


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
    deploy(lab, PAIR, abc)
    eventually(lambda: reach_each_other(lab, abc))


def _is_unready(lab: Lab, node: str) -> None:
    assert not lab.told()[node]["ready"]


def test_it_survives_what_ends_it(lab: Lab, abc: str) -> None:
    deploy(lab, PAIR, abc)
    node = lab.cluster.nodes[-1]
    node.run("systemctl restart docker", timeout=180)
    lab.well(within=180)
    eventually(lambda: reach_each_other(lab, abc), within=120)
    # The plugin's own process, and not the shell that looks for it.
    node.run("kill -9 $(pgrep -f '^/home/weave/weave[r]|^/usr/bin/python3 /plugin[.]py')")
    lab.well(within=180)
    eventually(lambda: reach_each_other(lab, abc), within=120)
    lab.cluster.stop(node)
    lab.cluster.start(node)
    eventually(lambda: node.run("true"), within=60)
    lab.well(within=180)
    eventually(lambda: reach_each_other(lab, abc), within=120)


def test_a_partition_heals(lab: Lab, abc: str) -> None:
    deploy(lab, PAIR, abc)
    node = lab.cluster.nodes[-1]
    lab.cluster.cut(node)
    try:
        eventually(lambda: reach_each_other(lab, abc), within=120)
    finally:
        lab.cluster.heal(node)
    lab.well(within=180)
    eventually(lambda: reach_each_other(lab, abc), within=120)


def another(lab: Lab, given: bool, directory: Path) -> Path:
    """The same plugin as another version."""
    if not given:
        return make(directory, "stand-in 2")
    shutil.copytree(lab.bundle, directory)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, "description": "another version"}))
    return directory


def test_an_upgrade_keeps_deployments(lab: Lab, abc: str, given: bool, tmp_path: Path) -> None:
    deploy(lab, PAIR, abc)
    before = {one.id for one in lab.cluster.containers(abc)}
    old, lab.bundle = lab.bundle, another(lab, given, tmp_path / "next")
    try:
        assert lab.site().changed
        lab.well(within=180)
        assert {one.id for one in lab.cluster.containers(abc)} == before
        eventually(lambda: reach_each_other(lab, abc))
        assert lab.site().changed == 0
        if not given:
            assert {value["version"] for value in lab.told().values()} == {"stand-in 2"}
    finally:
        lab.bundle = old
        lab.site()
        lab.well(within=180)


def test_keys_are_rotated(lab: Lab, abc: str) -> None:
    deploy(lab, PAIR, abc)
    before = lab.cluster.manager.run("cat /etc/arpanet/keys/weave")
    lab.playbooks.do("rotate_keys", what="weave")
    after = {node.run("cat /etc/arpanet/keys/weave") for node in lab.cluster.managers}
    assert len(after) == 1
    assert before not in after
    lab.well()
    eventually(lambda: reach_each_other(lab, abc))
    assert lab.site().changed == 0


def test_it_is_taken_away(lab: Lab) -> None:
    run = lab.site(weave_state="absent")
    assert run.changed
    for node in lab.cluster.nodes:
        assert node.engine("/plugins") == []
        assert not node.run("ls /etc/arpanet/keys").split().count("weave")
    assert lab.site(weave_state="absent").changed == 0
    lab.site()
    lab.well()


def test_the_bundle_is_what_the_documentation_says(lab: Lab) -> None:
    assert "SHA256SUMS" in (CHECKOUT / "docs" / "weave.md").read_text()
    with tarfile.open(next(lab.bundle.glob("rootfs.tar*"))) as archive:
        assert archive.next() is not None


ASK = """
import json, sys, urllib.request
request = urllib.request.Request("http://127.0.0.1:6784" + sys.argv[1], sys.argv[2].encode() or None,
                                 {"Accept": "application/json"})
print(urllib.request.urlopen(request, timeout=60).read().decode())
"""


def ask(node: Node, path: str, body: str = "") -> str:
    """What a node's router answers; with a body, to POST."""
    return node.run(f"python3 - {path} '{body}'", stdin=ASK)


def test_a_node_that_is_gone_is_forgotten(lab: Lab, given: bool) -> None:
    """The last one: it leaves two nodes."""
    gone, *others = lab.cluster.nodes[::-1]
    peer = lab.told()[gone.name]["peer"]
    for node in lab.cluster.nodes if given else others:
        # A range for each router, or one that nobody reaches.
        ask(node, "/ip/test-range" if given else "/own", "x=y" if given else f"peer={peer}")
    lab.cluster.kill(gone)
    lab.playbooks.do("leave", node=gone.name, force="true")

    def forgotten() -> None:
        assert gone.name not in lab.told()
        reports = [json.loads(ask(node, "/report")) for node in others]
        for report in reports:
            assert gone.address not in str(report["Router"]["Targets"])
        if given:
            owners = {entry["Peer"] for report in reports for entry in report["IPAM"]["Entries"] or []}
            assert peer not in owners
        else:
            assert [peer for report in reports for peer in report["Reclaimed"]] == [peer]

    eventually(forgotten, within=180)
    lab.well()
