"""What Consul and Swarm keep secret is made anew while everything runs, whatever breaks it off."""

import pytest
from harness.claims import dns_agrees
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.lab import Lab
from members import is_worker

NEW = "node5"
# Where all that is secret of it begins.
KEYS = {"consul_tokens": "consul-acl", "consul_ca": "consul-ca"}


def key(cluster: Cluster, name: str) -> str:
    """The sum of a key, which all managers have alike."""
    (found,) = set(
        cluster.each(lambda node: node.run(f"sha256sum < /etc/arpanet/keys/{name}"), cluster.managers).values()
    )
    return str(found)


@pytest.mark.parametrize(
    ("what", "task"),
    [
        ("consul_tokens", "Keep the new key"),
        ("consul_tokens", "Have every registry go on with the new tokens"),
        ("consul_tokens", "Take the old tokens away"),
        ("consul_ca", "Keep the CA of this step"),
        ("consul_ca", "End the rotation"),
    ],
)
def test_broken_off_and_run_again(lab: Lab, load: str, what: str, task: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    before = key(cluster, KEYS[what])
    playbooks.cut_off("rotate_keys", task, what=what)
    # Whatever is there now is a whole cluster.
    eventually(lambda: dns_agrees(cluster, load, "web", 3))
    playbooks.do("rotate_keys", what=what)
    assert key(cluster, KEYS[what]) != before
    assert not cluster.managers[0].run("ls /etc/arpanet/keys | grep next || true")
    assert playbooks.do("site").changed == 0
    lab.whole()


@pytest.mark.parametrize("gossip", ["serf", "consul"])
def test_who_is_new_waits_for_a_rotation_that_broke_off(lab: Lab, gossip: str) -> None:
    """All write with the new key, and the files have the old one."""
    cluster, playbooks = lab.cluster, lab.playbooks
    before = key(cluster, gossip)
    playbooks.do("leave", node=NEW)
    playbooks.cut_off("rotate_keys", "Keep the new key", what=gossip)
    refused = playbooks.run("site")
    assert (refused.code, refused.changed) == (2, 0), refused.output
    assert f"{NEW} cannot be let in now: a rotation of the key of {gossip.title()}'s gossip" in refused.words
    # It is in the inventory, and no node.
    playbooks.do("rotate_keys", what=gossip)
    assert key(cluster, gossip) != before
    playbooks.do("site")
    eventually(lambda: is_worker(cluster, NEW), within=60)
    assert playbooks.do("site").changed == 0
    lab.whole()


def test_a_manager_that_the_run_does_not_reach_is_not_left_with_an_old_key(lab: Lab) -> None:
    cluster = lab.cluster
    *others, last = cluster.managers
    before = key(cluster, "serf")
    hosts = ":".join(["localhost", *(node.name for node in others)])
    refused = lab.playbooks.run("rotate_keys", "--limit", hosts, what="serf")
    assert (refused.code, refused.changed) == (2, 0), refused.output
    assert f"{last.name} would go on with an old key" in refused.words
    assert key(cluster, "serf") == before


def test_swarms_authority(lab: Lab, load: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    before = {one.instance: one.id for one in cluster.containers()}
    old = authority(cluster)
    run = playbooks.do("rotate_keys", what="ca")
    new = authority(cluster)
    assert new != old
    assert run.changed == 1

    trusted = {one["Description"]["TLSInfo"]["TrustRoot"] for one in cluster.manager.engine("/nodes")}
    assert trusted == {new}, "every node has a certificate of the new authority"
    assert {one.instance: one.id for one in cluster.containers()} == before
    assert playbooks.do("site").changed == 0
    lab.whole()


def authority(cluster: Cluster) -> str:
    return str(cluster.manager.engine("/swarm")["TLSInfo"]["TrustRoot"])
