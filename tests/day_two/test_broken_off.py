"""What is killed in the middle, and what nobody can tell that it has to go: nothing is half done in the end."""

import json

from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.lab import Lab
from members import in_swarm, is_nobody, is_worker

LEAVING = "node5"


def surging(cluster: Cluster) -> list[str]:
    """Services whose instances are being moved off a node."""
    return [one["Spec"]["Name"] for one in cluster.swarm("services") if "arpanet.surge" in one["Spec"]["Labels"]]


def is_surging(cluster: Cluster) -> None:
    assert surging(cluster)


def is_told(lab: Lab, services: list[str]) -> None:
    run = lab.playbooks.run("doctor")
    assert run.code != 0
    assert all(f"service {service} keeps off node" in run.words for service in services), run.output


def availability(cluster: Cluster) -> dict[str, str]:
    return {one["Description"]["Hostname"]: one["Spec"]["Availability"] for one in cluster.manager.engine("/nodes")}


def broken_off(lab: Lab, playbook: str, **asked: str) -> None:
    """It is killed while instances move, told of, and finished by the next run."""
    cluster, playbooks = lab.cluster, lab.playbooks
    playbooks.struck(playbook, lambda: is_surging(cluster), **asked)
    left = surging(cluster)
    assert left
    # Who has the deployment's lock is taken to work on it until its session has ended.
    eventually(lambda: is_told(lab, left), within=60)
    assert playbooks.do(playbook, "--check", **asked).changed == 1
    assert surging(cluster) == left
    playbooks.do(playbook, **asked)
    assert surging(cluster) == []
    assert playbooks.do(playbook, **asked).changed == 0


def test_moves_that_were_broken_off(lab: Lab, load: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    playbooks.scale(load, "web", 10)
    playbooks.do("drain", node=LEAVING)
    playbooks.do("activate", node=LEAVING)
    broken_off(lab, "rebalance")
    assert cluster.containers(load, nodes=[lab.node(LEAVING)])
    broken_off(lab, "drain", node=LEAVING)
    assert not cluster.containers(load, nodes=[lab.node(LEAVING)])
    assert availability(cluster)[LEAVING] == "drain"
    playbooks.do("activate", node=LEAVING)
    assert set(availability(cluster).values()) == {"active"}
    dns_agrees(cluster, load, "web", 10)
    eventually(lambda: leases_agree(cluster), within=60)
    lab.whole()


def test_a_leave_that_was_cut_off_is_finished_by_the_next_run(lab: Lab, load: str) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    playbooks.cut_off("leave", "Leave Consul", node=LEAVING)
    playbooks.do("leave", node=LEAVING)
    eventually(lambda: is_nobody(cluster, LEAVING), within=60)
    assert lab.node(LEAVING).run("ls -d /etc/arpanet/keys /etc/arpanet/tokens 2>/dev/null || true") == ""
    assert playbooks.do("leave", node=LEAVING).changed == 0
    playbooks.do("site", "--limit", f"localhost:{LEAVING}")
    eventually(lambda: is_worker(cluster, LEAVING), within=60)
    assert playbooks.do("site").changed == 0
    lab.whole()


# As dpkg does it, which keeps the time at which a program was built; and as an archive's is switched.
EXCHANGED = {
    "serf": "cp -p /usr/bin/serf /usr/bin/serf.new && mv /usr/bin/serf.new /usr/bin/serf",
    "consul": 'ln -sfn "$(readlink /usr/local/bin/consul)" /usr/local/bin/consul',
}


def test_what_runs_an_older_program_is_restarted_by_an_upgrade(lab: Lab, load: str) -> None:
    """A run before has brought the newer one, and did not come to more."""
    cluster, playbooks = lab.cluster, lab.playbooks
    nodes = [cluster.managers[0], lab.node(LEAVING)]

    def started() -> list[int]:
        ask = "systemctl show --value --property=ExecMainStartTimestampMonotonic"
        return [int(node.run(f"{ask} {unit}.service")) for node in nodes for unit in EXCHANGED]

    assert "all nodes are up to date" in playbooks.do("upgrade", "--check").output
    for node in nodes:
        for command in EXCHANGED.values():
            node.run(command)
    before = started()
    checked = playbooks.do("upgrade", "--check")
    assert checked.changed > 0
    assert all(f"{unit}.service" in checked.output for unit in EXCHANGED)
    assert started() == before
    playbooks.do("upgrade")
    assert all(now > then for now, then in zip(started(), before, strict=True))
    assert playbooks.do("upgrade").changed == 0
    assert playbooks.do("site").changed == 0
    eventually(lambda: dns_agrees(cluster, load, "web", 3), within=60)
    lab.whole()


def test_who_lives_and_cannot_be_told_is_not_taken_out(lab: Lab) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    node = lab.node(LEAVING)
    was = json.loads(cluster.manager.run(f"docker node inspect {LEAVING}"))
    cluster.silence(node)
    try:
        for asked in ({}, {"force": "true"}):
            for flags in (("--check",), ()):
                refused = playbooks.run("leave", *flags, node=LEAVING, **asked)
                assert (refused.code, refused.changed) == (2, 0), refused.output
                assert f"hear {LEAVING}, but Ansible does not reach it" in refused.words
    finally:
        cluster.listen(node)
    assert json.loads(cluster.manager.run(f"docker node inspect {LEAVING}")) == was
    assert in_swarm(cluster)[LEAVING] == "worker"
    lab.whole()
