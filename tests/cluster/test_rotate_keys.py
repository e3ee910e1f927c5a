"""rotate_keys.yml: new keys on every node, no member lost, nothing restarted, and no end half-way."""

import threading
from typing import Any

import pytest
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import Node
from harness.playbooks import Playbooks

FILES = ("/etc/arpanet/keys/serf", "/etc/arpanet/keys/consul", "/etc/consul.d/gossip.json")
EVERYTHING = "serf,consul,consul_tokens,consul_ca,join_tokens"

pytestmark = pytest.mark.long


def test_new_keys_everywhere_and_nobody_notices(cluster: Cluster, playbooks: Playbooks) -> None:
    before, started, tokens, held = sums(cluster), starts(cluster), join_tokens(cluster), secret_files(cluster)
    assert playbooks.do("rotate_keys", "--check", what=EVERYTHING).changed > 0
    assert (starts(cluster), join_tokens(cluster), secret_files(cluster)) == (started, tokens, held)
    with Members(cluster) as members:
        run = playbooks.do("rotate_keys")
    assert members.lost == []
    after = sums(cluster)
    agree(after)
    for path in FILES:
        assert {one[path] for one in after.values()}.isdisjoint({one[path] for one in before.values()}), path
    assert set(join_tokens(cluster)).isdisjoint(tokens)
    assert starts(cluster) == started
    for key in cluster.managers[0].run("cat /etc/arpanet/keys/serf /etc/arpanet/keys/consul").split():
        assert key not in run.output
    # Each gossip has this key alone, so that site.yml has nothing to do.
    assert playbooks.do("site", "--tags", "consul,serf").changed == 0


@pytest.mark.parametrize("task", ["Lay the new key beside", "Keep the new key", "Forget that the key was new"])
def test_killed_half_way_and_run_again(cluster: Cluster, playbooks: Playbooks, task: str) -> None:
    before = sums(cluster)
    playbooks.cut_off("rotate_keys", task, what="consul")
    playbooks.do("rotate_keys", what="consul")
    after = sums(cluster)
    agree(after)
    key = "/etc/arpanet/keys/consul"
    assert {one[key] for one in after.values()}.isdisjoint({one[key] for one in before.values()})
    assert cluster.managers[0].run("ls /etc/arpanet/keys").split().count("consul-next") == 0


def test_a_member_that_is_gone_is_not_left_behind(cluster: Cluster, playbooks: Playbooks) -> None:
    node, before = cluster.nodes[-1], sums(cluster)
    # As a node that loses its power: a stopped Serf says goodbye.
    node.run("systemctl kill --signal=KILL serf && systemctl stop serf")
    try:
        eventually(lambda: failed(cluster, node), within=60)
        run = playbooks.run("rotate_keys")
    finally:
        node.run("systemctl start serf")
    assert run.code == 2
    assert f"{node.name} is not there and would never hear of a new key" in run.words
    assert sums(cluster) == before


def test_what_cannot_be_rotated(cluster: Cluster, playbooks: Playbooks) -> None:
    run = playbooks.run("rotate_keys", what="serf,everything")
    assert (run.code, run.changed) == (2, 0)
    assert "everything cannot be rotated: -e what= takes serf, consul, consul_tokens, consul_ca, join_t" in run.words
    run = playbooks.run("rotate_keys", what="unlock_key")
    assert "managers are not locked" in run.words


class Members:
    """Watches meanwhile what each node hears of the others; `lost` has what it did not hear."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._over = threading.Event()
        self.lost: list[str] = []

    def __enter__(self) -> "Members":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(1):
            for node, members in self._cluster.each(lambda node: node.consul("/v1/agent/members")).items():
                self.lost += [f"{node}: {one['Name']}" for one in members if one["Status"] != 1]


def sums(cluster: Cluster) -> dict[str, dict[str, str]]:
    def ask(node: Node) -> dict[str, str]:
        return {line.split()[1]: line.split()[0] for line in node.run(f"sha256sum {' '.join(FILES)}").splitlines()}

    return cluster.each(ask, cluster.managers)


def secret_files(cluster: Cluster) -> dict[str, str]:
    """The sums of all that a rotation could write."""
    find = "find /etc/arpanet/keys /etc/arpanet/tokens /etc/consul.d /etc/serf /var/lib/serf/keyring.json"
    return cluster.each(lambda node: node.run(f"{find} -type f -exec sha256sum {{}} + | sort"))


def agree(found: dict[str, dict[str, str]]) -> None:
    assert len({tuple(sorted(one.items())) for one in found.values()}) == 1, found


def starts(cluster: Cluster) -> dict[str, str]:
    units = "docker consul serf arpanet-agent"
    return cluster.each(lambda node: node.run(f"systemctl show --property=MainPID {units}"))


def join_tokens(cluster: Cluster) -> list[Any]:
    return list(cluster.manager.engine("/swarm")["JoinTokens"].values())


def failed(cluster: Cluster, node: Node) -> None:
    listed = next(one for one in cluster.nodes if one is not node).run("arpanet serf members")
    assert any(line.split()[0] == node.name and "failed" in line for line in listed.splitlines()), listed
