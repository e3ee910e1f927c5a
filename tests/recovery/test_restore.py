"""A cluster is saved, all of its nodes are lost, and new ones take their place."""

from pathlib import Path

import pytest
from harness.eventually import eventually
from harness.lab import Lab
from kept import promised, still_there

# How a compressed archive begins, in base64.
GZIP = "H4sIA"


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery staple\n")
    return path


def test_on_new_nodes(lab: Lab, tmp_path: Path, passphrase: Path) -> None:
    before = promised(lab.cluster)
    keys = lab.cluster.manager.run("sha256sum /etc/arpanet/keys/serf /etc/arpanet/keys/consul")
    checked = lab.playbooks.do("backup", "--check", to=str(tmp_path), passphrase_file=str(passphrase))
    assert checked.changed > 0
    assert list(tmp_path.iterdir()) == [passphrase]
    run = lab.playbooks.do("backup", "-vvv", to=str(tmp_path), passphrase_file=str(passphrase))
    (saved,) = tmp_path.glob("arpanet-*.vault")
    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.read_bytes().startswith(b"$ANSIBLE_VAULT")
    for key in lab.cluster.manager.run("cat /etc/arpanet/keys/serf /etc/arpanet/keys/consul").split():
        assert key not in run.output
    assert GZIP not in run.output, "the archive is in what a verbose run prints"

    lab.lose(*(node.name for node in lab.cluster.nodes))
    lab.up()
    asked = {"from": str(saved), "passphrase_file": str(passphrase)}
    refused = lab.playbooks.run("restore", **asked)
    assert (refused.code, refused.changed) == (2, 0)
    assert "The old one must be switched off for good" in refused.words
    checked = lab.playbooks.do("restore", "--check", **asked)
    assert checked.changed > 0
    assert lab.cluster.nodes[0].run("ls -d /etc/arpanet /etc/docker/daemon.json 2>/dev/null || true") == ""
    # After the swarm, which has to go on as it is.
    lab.playbooks.cut_off("restore", "Start the agent", **asked, confirm="yes")
    lab.playbooks.do("restore", **asked, confirm="yes")
    lab.whole()
    still_there(lab.cluster, lab.playbooks, before)
    assert lab.cluster.manager.run("sha256sum /etc/arpanet/keys/serf /etc/arpanet/keys/consul") == keys
    # Once more: everything is there.
    assert lab.playbooks.do("restore", "--check", **asked).changed == 0
    assert lab.playbooks.do("restore", **asked, confirm="yes").changed == 0
    # What has changed since was meant.
    lab.playbooks.do("rotate_keys", what="serf")
    rotated = lab.cluster.manager.run("sha256sum /etc/arpanet/keys/serf")
    assert lab.playbooks.do("restore", **asked, confirm="yes").changed == 0
    assert lab.cluster.manager.run("sha256sum /etc/arpanet/keys/serf") == rotated


def test_a_cluster_that_runs_is_left_alone(lab: Lab, tmp_path: Path, passphrase: Path) -> None:
    """Also the one that the backup was made of, whose keys are others by now."""
    lab.playbooks.do("backup", to=str(tmp_path), passphrase_file=str(passphrase))
    (saved,) = tmp_path.glob("arpanet-*.vault")
    asked = {"from": str(saved), "passphrase_file": str(passphrase), "confirm": "yes"}
    lab.playbooks.do("rotate_keys", what="serf")
    before = lab.cluster.each(lambda node: node.run(_STATE))
    for flags in (), ("--check",):
        run = lab.playbooks.run("restore", *flags, **asked)
        assert (run.code, run.changed) == (2, 0), run.output
        assert "this node is in a swarm" in run.words
        assert lab.cluster.each(lambda node: node.run(_STATE)) == before

    # The one that would go first is new, and the others are not.
    first, *others = (node.name for node in lab.cluster.nodes)
    lab.lose(first)
    lab.up()
    del before[first]
    # While they elect another leader, their engines do not say what they are in.
    eventually(lambda: [lab.node(name).run("docker node ls") for name in others], within=120)
    run = lab.playbooks.run("restore", **asked)
    assert (run.code, run.changed) == (2, 0), run.output
    assert f"{', '.join(others)}: in a swarm already" in run.words
    assert lab.node(first).run("ls -d /etc/arpanet /etc/docker/daemon.json 2>/dev/null || true") == ""
    assert {name: lab.node(name).run(_STATE) for name in others} == before
    # With their engines stopped they are in it all the same.
    for name in others:
        lab.node(name).run("systemctl stop arpanet-agent docker.service")
    run = lab.playbooks.run("restore", **asked)
    assert (run.code, run.changed) == (2, 0), run.output
    assert f"{', '.join(others)}: in a swarm already" in run.words
    for name in others:
        lab.node(name).run("systemctl start docker.service arpanet-agent")


# Keys, configuration, and since when what runs does.
_STATE = (
    "sha256sum /etc/arpanet/keys/* /etc/docker/daemon.json; ls -d /etc/arpanet/*; docker info --format "
    "'{{.Swarm.NodeID}}'; systemctl show --property=MainPID docker consul serf arpanet-agent"
)


def test_what_is_refused(lab: Lab, tmp_path: Path, passphrase: Path) -> None:
    assert "always encrypted" in lab.playbooks.run("backup", to=str(tmp_path)).words
    missing = lab.playbooks.run("backup", to=str(tmp_path / "none"), passphrase_file=str(passphrase))
    assert "is no directory of the controller" in missing.words
    lab.playbooks.do("backup", to=str(tmp_path), passphrase_file=str(passphrase))
    (saved,) = tmp_path.glob("arpanet-*.vault")
    other = tmp_path / "other"
    other.write_text("something else\n")
    asked = {"from": str(saved), "confirm": "yes"}
    wrong = lab.playbooks.run("restore", **asked, passphrase_file=str(other))
    assert "cannot be decrypted" in wrong.words
    assert wrong.changed == 0
