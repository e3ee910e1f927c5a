"""Engines become newer under load, node by node, in one run."""

from pathlib import Path

from harness.claims import dns_agrees, leases_agree
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


def test_a_newer_engine_under_load(lab: Lab, tmp_path: Path) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    stack = tmp_path / "compose.yml"
    stack.write_text(LOADED)
    playbooks.deploy(stack, "load")
    assert "all nodes are up to date" in playbooks.do("upgrade", "--check").output
    old = set(cluster.each(version).values())
    cluster.each(offer)
    cluster.each(lambda node: node.run("apt-get -q update", timeout=300))

    checked = playbooks.do("upgrade", "--check")
    assert checked.changed > 0
    assert "docker.io" in checked.output
    assert set(cluster.each(version).values()) == old

    playbooks.do("upgrade")
    new = set(cluster.each(version).values())
    assert len(new) == 1
    assert not new & old
    times, failures = said(cluster, "load")
    assert not failures
    assert times > 500
    eventually(lambda: dns_agrees(cluster, "load", "web", 3), within=60)
    eventually(lambda: leases_agree(cluster), within=60)

    assert playbooks.do("upgrade").changed == 0
    nothing = playbooks.do("upgrade", "--check")
    assert nothing.changed == 0
    assert "all nodes are up to date" in nothing.output
    assert playbooks.do("site").changed == 0
    assert playbooks.deploy(stack, "load").changed == 0
    lab.whole()
    print(f"{old} to {new}: {times} requests, none failed")
