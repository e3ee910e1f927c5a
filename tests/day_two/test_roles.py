"""A worker becomes a manager, and a worker again; nobody takes a majority away."""

import json
from pathlib import Path

from harness.claims import dns_agrees
from harness.eventually import eventually
from harness.lab import Lab
from harness.load import LOADED, asked_all_the_time
from harness.node import Node
from members import in_consul, in_swarm, is_manager, is_worker

WORKER = "node4"
#: The only instance of a service is on the node that changes its role.
ONLY_THERE = LOADED.replace(
    "{replicas: 1}", f"{{replicas: 1, placement: {{constraints: [node.hostname == {WORKER}]}}}}"
)


def repositories(node: Node) -> list[str]:
    """What the registry of a manager has."""
    ask = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
    found = json.loads(node.run(f"python3 -c '{ask}' http://{node.address}:5001/v2/_catalog"))
    return sorted(found["repositories"])


def test_a_worker_becomes_a_manager_and_a_worker_again(lab: Lab, tmp_path: Path) -> None:
    with asked_all_the_time(lab.cluster, lab.playbooks, tmp_path, ONLY_THERE):
        there_and_back(lab)


def there_and_back(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    assert [one.node.name for one in cluster.containers("load", "solo")] == [WORKER]
    images = repositories(cluster.manager)
    assert images
    before = {one.instance: one.id for one in cluster.containers()}
    checked = playbooks.do("promote", "--check", node=WORKER)
    assert checked.changed > 0
    assert f"{WORKER} would belong into the group managers" in checked.words
    is_worker(cluster, WORKER)

    promoted = playbooks.do("promote", node=WORKER)
    assert f"{WORKER} belongs into the group managers" in promoted.words
    eventually(lambda: is_manager(cluster, WORKER), within=30)
    assert repositories(lab.node(WORKER)) == images, "no image is lost with the managers that it was pushed to"
    assert playbooks.do("promote", node=WORKER).changed == 0
    assert playbooks.do("promote", "--check", node=WORKER).changed == 0
    for playbook, asked in (("upgrade", {}), ("rotate_keys", {"what": "consul_tokens"})):
        refused = playbooks.run(playbook, **asked)
        assert (refused.code, refused.changed) == (2, 0), refused.output
        assert f"{WORKER} is a manager of the swarm, and not in the group managers" in refused.words

    assert playbooks.do("demote", "--check", node=WORKER).changed > 0
    is_manager(cluster, WORKER)
    playbooks.do("demote", node=WORKER)
    eventually(lambda: is_worker(cluster, WORKER), within=30)
    serving = {one["Node"] for one in cluster.manager.consul("/v1/catalog/service/consul")}
    assert serving == {name for name, kind in in_consul(cluster).items() if kind == "server"}
    assert "Is Manager: false" in lab.node(WORKER).run("docker info 2>/dev/null")
    assert lab.node(WORKER).run("ls -A /etc/arpanet/keys") == "", "the keys are gone"
    assert playbooks.do("demote", node=WORKER).changed == 0
    assert playbooks.do("demote", "--check", node=WORKER).changed == 0
    assert {one.instance: one.id for one in cluster.containers()} == before, "instances are not touched"
    # What the inventory says is what is there again.
    assert playbooks.do("site").changed == 0


def test_a_change_of_roles_that_is_cut_off_is_finished_by_the_next_run(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    playbooks.cut_off("promote", "Reload the engine", node=WORKER)
    playbooks.do("promote", node=WORKER)
    eventually(lambda: is_manager(cluster, WORKER), within=60)
    playbooks.cut_off("demote", "Take what is a client now out of Consul's raft", node=WORKER)
    playbooks.do("demote", node=WORKER)
    eventually(lambda: is_worker(cluster, WORKER), within=60)
    assert lab.node(WORKER).run("ls -A /etc/arpanet/keys") == ""
    assert playbooks.do("site").changed == 0
    lab.whole()


def test_who_does_not_answer_changes_no_role(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    node = lab.node(WORKER)
    cluster.silence(node)
    try:
        for flags in (("--check",), ()):
            refused = playbooks.run("promote", *flags, node=WORKER)
            assert (refused.code, refused.changed) == (2, 0), refused.output
            assert f"{WORKER} does not answer Ansible" in refused.words
            assert "into the group" not in refused.words
    finally:
        cluster.listen(node)
    is_worker(cluster, WORKER)
    assert playbooks.do("site").changed == 0


def test_a_majority_is_kept(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    first, _, third = cluster.managers
    cluster.stop(third)
    try:
        eventually(lambda: in_swarm(cluster)[third.name] == "down" or _fail(), within=90)
        before = in_swarm(cluster)
        for playbook in ("demote", "leave"):
            for flags in ((), ("--check",)):
                refused = playbooks.run(playbook, *flags, node=first.name)
                assert (refused.code, refused.changed) == (2, 0), refused.output
                assert f"without {first.name}, Swarm would have 1 of 2 managers, and 2 are needed" in refused.words
                assert f"({third.name} is down already)" in refused.words
        assert in_swarm(cluster) == before
    finally:
        cluster.start(third)
    eventually(lambda: is_manager(cluster, third.name), within=120)
    lab.whole()
    eventually(lambda: dns_agrees(cluster, "probe", "pricing", 1), within=60)


def _fail() -> None:
    raise AssertionError
