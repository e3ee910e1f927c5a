"""doctor.yml: each kind of drift, made for real, is found, told with its cause, and mended where that is safe."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Temporary
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks, Run
from harness.state import state

LEASE = "arpanet/deployments/{}/leases/10.99.99.99"
SUBNET = {"subnet": "10.47.255.192/26", "pool": "default"}
BLOCK = "arpanet/subnets/blocks/10.47.248.0-21"


class Doctor:
    """Runs doctor.yml and reads what it found."""

    def __init__(self, playbooks: Playbooks, output: Path) -> None:
        self._playbooks, self._output = playbooks, output

    def __call__(self, *flags: str, **variables: Any) -> tuple[Run, dict[str, Any]]:
        self._output.unlink(missing_ok=True)
        run = self._playbooks.run("doctor", *flags, output=str(self._output), **variables)
        # Not written in check mode.
        return run, json.loads(self._output.read_text()) if self._output.exists() else {}

    def well(self) -> None:
        run, said = self()
        assert run.code == 0, run.output
        assert said["findings"] == []
        assert "All is well" in run.output


@pytest.fixture
def doctor(playbooks: Playbooks, tmp_path: Path, probe: str) -> Iterator[Doctor]:
    """A doctor for a cluster that is well before the test and after it."""
    examine = Doctor(playbooks, tmp_path / "findings.json")
    eventually(examine.well, within=90)
    yield examine
    # What a broken test has left would break all others.
    examine(repair="true")
    eventually(examine.well, within=90)


def test_it_changes_nothing_unless_told_to(doctor: Doctor, cluster: Cluster) -> None:
    node = cluster.nodes[-1]
    node.run("systemctl stop serf")
    try:
        before = state(cluster)
        for flags in ((), ("--check",)):
            run, said = doctor(*flags, **({"repair": "true"} if flags else {}))
            assert run.code == 2
            what = f"serf.service does not run on {node.name}"
            assert f"- {what}" in run.output
            assert flags or [one["what"] for one in said["findings"]] == [what]
            assert f"`systemctl start serf` on {node.name}" in run.output
        assert state(cluster) == before
        assert "inactive" in node.run("systemctl is-active serf || true")
    finally:
        node.run("systemctl start serf")


def test_it_mends_what_is_safe_to_mend(doctor: Doctor, cluster: Cluster, playbooks: Playbooks, probe: str) -> None:
    (container,) = cluster.containers(probe, "pricing")
    node = container.node
    node.run("systemctl stop arpanet-agent && systemctl disable --quiet serf")
    for form in ("1.pricing.probe", "1.pricing.probe.dns"):
        node.consul(f"/v1/agent/service/deregister/{form}", "PUT", purpose="registrar")
    lease = {"deployment": probe, "service": "pricing", "instance": "9.pricing.probe", "node": node.name}
    _put(cluster, LEASE.format(probe), {**lease, "container": "0" * 64, "network": "probe_default"})
    _put(cluster, "arpanet/nodes/lost", {"node": "lost", "networks": {"eth0": "10.46.0.0/16"}})
    _put(cluster, "arpanet/subnets/owners/gone/default", SUBNET)
    _put(cluster, BLOCK, {SUBNET["subnet"]: "gone/default"})
    for name, labels in (("gone_default", "arpanet.deployment=gone"), ("probe_old", "arpanet.deployment=probe")):
        cluster.manager.run(f"docker network create --driver overlay --label {labels} {name}")
    cluster.manager.run("docker secret create --label arpanet.deployment=gone gone_key -", stdin="x")

    wanted = {
        f"arpanet-agent.service does not run on {node.name}",
        f"serf.service on {node.name} does not start with the host",
        f"1.pricing.probe runs on {node.name} but Consul there says otherwise",
        f"the lease of 10.99.99.99 names 9.pricing.probe on {node.name}, which does not have it",
        "arpanet/nodes/lost is about a node that is in no swarm",
        "deployment gone does not exist but holds 10.47.255.192/26",
        "network gone_default is nobody's",
        "network probe_old is nobody's",
        "secret gone_key is nobody's",
    }
    run, said = doctor()
    assert run.code == 2
    assert {one["what"] for one in said["findings"]} == wanted
    assert all(one["cause"] and "`" in one["mend"] and one["repair"] for one in said["findings"])
    # What is stopped is said by status.yml, too.
    assert f"the agent of {node.name} is stopped" in playbooks.do("status").output

    run, said = doctor(repair="true")
    assert run.code == 0, run.output
    assert (said["findings"], {*said["mended"]}) == ([], wanted)
    assert "enabled" in node.run("systemctl is-enabled serf")
    run, said = doctor(repair="true")
    assert (run.code, run.changed, said["mended"]) == (0, 1, []), "the file alone changes: nothing is mended twice"


@pytest.mark.long
def test_what_has_ended_well_and_what_is_somebody_elses_is_no_trouble(
    doctor: Doctor, cluster: Cluster, temporary: Temporary, tmp_path: Path
) -> None:
    once = {"image": "acmeinc/productcatalog", "command": ["true"], "restart": "no"}
    job = {"image": "acmeinc/productcatalog", "command": ["true"], "deploy": {"mode": "global-job"}}
    file = tmp_path / "compose.yml"
    file.write_text(json.dumps({"services": {"once": once, "job": job}}))
    create = "docker service create --detach --name odd --label arpanet.deployment=ended --replicas 0 scratch"
    with temporary("ended", file):
        cluster.manager.run(create)
        try:
            eventually(doctor.well, within=60)
        finally:
            cluster.manager.run("docker service rm odd")


def test_what_it_must_not_mend_it_explains(doctor: Doctor, cluster: Cluster, probe: str) -> None:
    node = cluster.nodes[0]
    node.run("iptables -I INPUT -p udp --dport 53 -j DROP")
    _put(cluster, BLOCK, {SUBNET["subnet"]: "gone/default"})
    try:
        run, said = doctor(repair="true")
        found = {one["what"]: one for one in said["findings"]}
        # Who is told what mends it pastes that.
        marked = found["subnet 10.47.255.192/26 is marked as taken by gone/default, which has none"]
        assert marked["mend"].startswith(f"`consul kv delete -token-file=/etc/arpanet/tokens/management {BLOCK}`")
        cluster.manager.run(marked["mend"].split("`")[1])
        assert BLOCK not in cluster.kv(BLOCK)
    finally:
        node.run("iptables -D INPUT -p udp --dport 53 -j DROP")
        cluster.manager.consul(f"/v1/kv/{BLOCK}", "DELETE")
    assert run.code == 2
    assert {*found} == {
        f"DNS on {node.name} does not answer",
        "subnet 10.47.255.192/26 is marked as taken by gone/default, which has none",
    }
    assert "nobody answers on port 53" in found[f"DNS on {node.name} does not answer"]["cause"]


@pytest.mark.long
def test_a_server_of_consul_that_is_stopped_is_one_finding(doctor: Doctor, cluster: Cluster) -> None:
    node = cluster.managers[-1]
    node.run("systemctl stop consul")
    run, said = doctor()
    assert [one["what"] for one in said["findings"]] == [f"consul.service does not run on {node.name}"], run.output
    run, said = doctor(repair="true")
    assert (run.code, said["mended"]) == (0, [f"consul.service does not run on {node.name}"]), run.output


def _put(cluster: Cluster, key: str, value: dict[str, Any]) -> None:
    cluster.manager.consul(f"/v1/kv/{key}", "PUT", body=json.dumps(value))
