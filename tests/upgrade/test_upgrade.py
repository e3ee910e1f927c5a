"""Engines become newer under load, node by node, in one run."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.lab import Lab
from harness.load import LOADED, said
from harness.node import Node

# The release whose engine is newer, and what of it is wanted.
NEWER = {"bookworm": "trixie", "trixie": "sid"}
PIN = """\
Package: *
Pin: release n=sid
Pin-Priority: 100

Package: docker.io docker-cli containerd runc
Pin: release n={release}
Pin-Priority: 900
"""
BROKEN = Path("/etc/systemd/system/docker.service.d/broken.conf")


def offer(node: Node) -> None:
    """Let a node know of a newer engine."""
    codename = node.run(". /etc/os-release; echo $VERSION_CODENAME").strip()
    release = NEWER[codename]
    sources = node.run("cat /etc/apt/sources.list.d/machine.list")
    line = next(line for line in sources.splitlines() if f" {codename} " in line)
    node.run("cat > /etc/apt/sources.list.d/newer.list", stdin=line.replace(f" {codename} ", f" {release} ") + "\n")
    node.run("cat > /etc/apt/preferences.d/newer", stdin=PIN.replace("n=sid", f"n={release}").format(release=release))


def version(node: Node) -> str:
    return node.run("docker version --format '{{.Server.Version}}'").strip()


def withdraw(node: Node) -> None:
    """The opposite."""
    node.run("rm /etc/apt/sources.list.d/newer.list /etc/apt/preferences.d/newer")


def fetch_lists(node: Node) -> None:
    node.run("apt-get -q update", timeout=300)


def from_sources(lab: Lab, directory: Path) -> dict[str, str]:
    """Every node finds a newer engine among its package sources."""
    lab.cluster.each(offer)
    lab.cluster.each(fetch_lists)
    return {}


def from_a_bundle_where_managers_are_locked(lab: Lab, directory: Path) -> dict[str, str]:
    """One node finds it, and collects for the others, whose sources have nothing new."""
    collector = lab.cluster.managers[0]
    offer(collector)
    fetch_lists(collector)
    bundle = {"bundle": str(directory / "bundle")}
    assert lab.playbooks.do("bundle", "--check", bundle_on=collector.name, **bundle).changed > 0
    assert list(directory.glob("bundle*")) == []
    lab.playbooks.do("bundle", bundle_on=collector.name, **bundle)
    withdraw(collector)
    fetch_lists(collector)
    assert "all nodes are up to date" in lab.playbooks.do("upgrade", "--check").output
    lab.playbooks.do("site", swarm_autolock="true")
    return bundle


def in_order(cluster: Cluster) -> list[Node]:
    """The managers as an upgrade takes them: who leads is the last."""
    nodes = {one["Description"]["Hostname"]: one for one in cluster.manager.engine("/nodes")}
    return sorted(cluster.managers, key=lambda node: bool(nodes[node.name]["ManagerStatus"].get("Leader")))


def leaves_alone_what_is_held(lab: Lab) -> None:
    """The newer packages of all nodes are held: nobody is emptied for them."""
    packages = "docker.io docker-cli containerd runc"
    lab.cluster.each(lambda node: node.run(f"apt-mark hold {packages}"))
    run = lab.playbooks.do("upgrade")
    assert "all nodes are up to date" in run.output
    assert all(f"{node.name} holds " in run.words for node in lab.cluster.managers)
    lab.cluster.each(lambda node: node.run(f"apt-mark unhold {packages}"))


def ends_with_who_does_not_come_back(lab: Lab, old: set[str]) -> None:
    """The second node's engine runs on, and does not start again."""
    first, second, third = in_order(lab.cluster)
    second.run(f"mkdir -p {BROKEN.parent} && cat > {BROKEN}", stdin="[Service]\nExecStartPre=/bin/false\n")
    second.run("systemctl daemon-reload")
    run = lab.playbooks.run("upgrade")
    assert run.code == 2, run.output
    assert re.findall(r"^(\S+) +:.*failed=[^0]", run.output, re.MULTILINE) == [second.name], run.output
    assert version(first) not in old
    assert version(third) in old
    second.run(f"rm {BROKEN} && systemctl daemon-reload && systemctl reset-failed docker.service docker.socket")
    second.run("systemctl start docker.service")
    eventually(lambda: is_ready(lab.cluster, second), within=60)


def is_ready(cluster: Cluster, node: Node) -> None:
    """A claim: it is a manager that the others hear."""
    found = {one["Description"]["Hostname"]: one for one in cluster.manager.engine("/nodes")}[node.name]
    assert (found["Status"]["State"], found["ManagerStatus"]["Reachability"]) == ("ready", "reachable")


def is_locked(node: Node) -> None:
    assert node.engine("/info")["Swarm"]["LocalNodeState"] == "locked"


def is_unlocked_with_a_new_key(lab: Lab) -> None:
    """A manager that restarts after the rotation; with site.yml nobody has to know the key."""
    node, other = lab.cluster.managers[0], lab.cluster.managers[-1]
    old = other.run("docker swarm unlock-key --quiet").strip()
    rotated = lab.playbooks.do("rotate_keys", what="unlock_key")
    new = other.run("docker swarm unlock-key --quiet").strip()
    assert new not in (old, "")
    assert new not in rotated.output

    node.run("systemctl restart docker.service")
    eventually(lambda: is_locked(node))
    lab.playbooks.do("site", "--tags", "swarm", swarm_certificate_days=30)
    eventually(lambda: is_ready(lab.cluster, node), within=60)
    assert other.engine("/swarm")["Spec"]["CAConfig"]["NodeCertExpiry"] == 30 * 24 * 3600 * 10**9
    lab.whole()


@pytest.mark.parametrize("offered", [from_sources, from_a_bundle_where_managers_are_locked])
def test_a_newer_engine_under_load(lab: Lab, tmp_path: Path, offered: Callable[[Lab, Path], dict[str, str]]) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    stack = tmp_path / "compose.yml"
    stack.write_text(LOADED)
    playbooks.deploy(stack, "load")
    assert "all nodes are up to date" in playbooks.do("upgrade", "--check").output
    old = set(cluster.each(version).values())
    asked = offered(lab, tmp_path)

    if offered is from_sources:
        leaves_alone_what_is_held(lab)
    checked = playbooks.do("upgrade", "--check", **asked)
    assert checked.changed > 0
    assert "docker.io" in checked.output
    assert set(cluster.each(version).values()) == old

    if offered is from_sources:
        ends_with_who_does_not_come_back(lab, old)
    else:
        playbooks.cut_off("upgrade", "Restart the engine", **asked)
    playbooks.do("upgrade", **asked)
    new = set(cluster.each(version).values())
    assert len(new) == 1
    assert not new & old
    times, failures = said(cluster, "load")
    assert not failures
    assert times > 500
    eventually(lambda: dns_agrees(cluster, "load", "web", 3), within=60)
    eventually(lambda: leases_agree(cluster), within=60)

    assert playbooks.do("upgrade", **asked).changed == 0
    nothing = playbooks.do("upgrade", "--check", **asked)
    assert nothing.changed == 0
    assert "all nodes are up to date" in nothing.output
    assert playbooks.do("site").changed == 0
    assert playbooks.deploy(stack, "load").changed == 0
    lab.whole()
    if offered is from_a_bundle_where_managers_are_locked:
        is_unlocked_with_a_new_key(lab)
    print(f"{old} to {new}: {times} requests, none failed")
