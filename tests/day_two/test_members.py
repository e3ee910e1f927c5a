"""Nodes leave, alive and dead, and others or they themselves come back and get their share."""

from collections import Counter

from harness.claims import dns_agrees, leases_agree
from harness.eventually import eventually
from harness.lab import Lab
from members import in_swarm, is_manager, is_nobody, is_worker


def test_a_manager_leaves_and_joins_again(lab: Lab, load: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    node = cluster.managers[0].name
    assert playbooks.do("leave", "--check", node=node).changed > 0
    is_manager(cluster, node)
    playbooks.do("leave", node=node)
    # The gossip takes a moment to tell all.
    eventually(lambda: is_nobody(cluster, node))
    assert lab.node(node).run("ls -d /etc/arpanet/keys /etc/arpanet/tokens 2>/dev/null || true") == ""
    assert playbooks.do("leave", node=node).changed == 0
    assert playbooks.do("leave", "--check", node=node).changed == 0
    # Before the first one is out of the inventory.
    second = cluster.nodes[-1].name
    playbooks.do("leave", node=second)
    eventually(lambda: is_nobody(cluster, second))

    assert playbooks.do("site", "--check").changed > 0
    eventually(lambda: is_nobody(cluster, node))
    playbooks.do("site", "--limit", f"localhost:{node}:{second}")
    eventually(lambda: is_manager(cluster, node), within=60)
    eventually(lambda: is_worker(cluster, second), within=60)
    assert playbooks.do("site").changed == 0
    lab.whole()


def spare(lab: Lab, load: str) -> str:
    """A worker whose death the load does not see: neither who asks is there, nor what there is one of."""
    needed = {one.node for service in ("solo", "asker") for one in lab.cluster.containers(load, service)}
    workers = [node for node in lab.cluster.nodes if not node.manager]
    free = [node for node in workers if node not in needed]
    if free:
        return free[-1].name
    lab.playbooks.do("drain", node=workers[-1].name)
    lab.playbooks.do("activate", node=workers[-1].name)
    return workers[-1].name


def test_a_dead_worker_is_taken_out_and_another_takes_its_place(lab: Lab, load: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    node = spare(lab, load)
    lab.lose(node)

    def dead() -> None:
        assert in_swarm(cluster)[node] == "down"

    eventually(dead, within=90)
    assert playbooks.do("leave", "--check", node=node).changed > 0
    assert in_swarm(cluster)[node] == "down"
    playbooks.do("leave", node=node)
    eventually(lambda: is_nobody(cluster, node))
    assert playbooks.do("leave", node=node).changed == 0
    eventually(lambda: leases_agree(cluster), within=60)

    lab.up()
    playbooks.do("site")
    eventually(lambda: is_worker(lab.cluster, node), within=60)
    assert playbooks.do("site").changed == 0
    lab.whole()


def test_who_has_joined_gets_its_share(lab: Lab, load: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    late = cluster.nodes[-1].name
    playbooks.do("drain", node=late)
    playbooks.do("activate", node=late)
    playbooks.scale("load", "web", 10)
    playbooks.do("drain", node=late)
    playbooks.do("activate", node=late)
    before = {one.instance: one.id for one in cluster.containers()}
    assert playbooks.do("rebalance", "--check").changed == 1
    assert {one.instance: one.id for one in cluster.containers()} == before
    run = playbooks.run("rebalance", terminal=True)
    assert run.code == 0, run.output
    # The plan, and then how far it is.
    assert "~ service load_web (2 instances from" in run.output or "~ service load_web (1 instance from" in run.output
    assert "load_web 10/10 running" in run.output
    spread = Counter(one.node.name for one in cluster.containers("load", "web"))
    assert set(spread.values()) == {2}
    assert playbooks.do("rebalance").changed == 0
    assert playbooks.do("rebalance", "--check").changed == 0
    dns_agrees(cluster, "load", "web", 10)
