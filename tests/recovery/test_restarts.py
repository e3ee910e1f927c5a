"""A setting with which a manager does not come back takes no second one down, however often it is run."""

import json
from collections.abc import Iterator

import pytest
from conftest import of_its_own
from harness.eventually import eventually
from harness.lab import Lab
from harness.node import Node
from harness.playbooks import Run

#: What passes all checks, and no engine and no Consul starts with.
NO_ENGINE = {"docker_daemon_options": {"storage-driver": "none-such"}}
NO_CONSUL = {"consul_options": {"data_dir": "/proc/none"}}
BROKEN = "/run/systemd/system/docker.service.d/broken.conf"


def starts(node: Node, unit: str) -> str:
    return node.run(f"systemctl show --property=MainPID,ActiveEnterTimestampMonotonic {unit}")


@pytest.mark.parametrize(
    ("unit", "setting", "missed"),
    [("docker", NO_ENGINE, "Swarm would miss one more"), ("consul", NO_CONSUL, "Consul would miss one more")],
)
def test_a_setting_that_nothing_starts_with(lab: Lab, unit: str, setting: dict[str, object], missed: str) -> None:
    managers = lab.cluster.managers
    asked = {"docker_restart_timeout": 30, "consul_start_timeout": 30, **setting}
    try:
        assert lab.playbooks.run("site", **asked).code == 2
        (first,) = (node for node in managers if node.run(f"systemctl is-active {unit} || true").strip() != "active")
        others = [node for node in managers if node is not first]
        before = [starts(node, unit) for node in others]
        for _ in range(2):
            run = lab.playbooks.run("site", **asked)
            assert run.code == 2, run.output
            assert f"is not restarted while {first.name} is down: {missed}" in run.words, run.output
            assert [starts(node, unit) for node in others] == before
    finally:
        # Without the setting: the first one comes back, and then the others restart.
        lab.cluster.each(lambda node: node.run("systemctl reset-failed docker.service docker.socket"))
        lab.playbooks.do("site")
    assert lab.playbooks.do("site").changed == 0
    lab.whole()


def test_a_good_setting_while_a_manager_is_down(lab: Lab) -> None:
    first, second, third = lab.cluster.managers
    before = [starts(node, "docker") for node in (first, second)]
    lab.cluster.stop(third)
    try:
        eventually(lambda: _is_missed(first, third), within=90)
        run = lab.playbooks.run("site", docker_log_max_file=4)
        assert run.code != 0, run.output
        assert "is not restarted while node3 is down" in run.words, run.output
        assert [starts(node, "docker") for node in (first, second)] == before
    finally:
        lab.cluster.start(third)
    lab.playbooks.do("site", docker_log_max_file=4)
    lab.playbooks.do("site")
    lab.whole()


def _is_missed(node: Node, other: Node) -> None:
    assert "unreachable" in node.run(f"docker node inspect {other.name} --format '{{{{.ManagerStatus.Reachability}}}}'")


@pytest.fixture
def unmade_three() -> Iterator[Lab]:
    with of_its_own("short", nodes=3, managers=3) as lab:
        yield lab


def test_a_first_run_that_is_left_short_of_its_servers(unmade_three: Lab) -> None:
    lab, playbooks = unmade_three, unmade_three.playbooks
    first, _, third = lab.cluster.managers
    third.run(f"mkdir -p $(dirname {BROKEN}) && cat > {BROKEN}", stdin="[Service]\nExecStartPre=/bin/false\n")
    third.run("systemctl daemon-reload")
    third.run("systemctl stop docker.socket docker.service || true")
    run: Run = playbooks.run("site", consul_start_timeout=20)
    assert run.code == 2, run.output
    assert first.consul("/v1/status/peers") == []
    playbooks.do("site", "--limit", "localhost:node1:node2", node_demoted=["node3"])
    assert len(first.consul("/v1/status/peers")) == 2
    assert playbooks.do("site", "--limit", "localhost:node1:node2", node_demoted=["node3"]).changed == 0


@pytest.fixture
def two() -> Iterator[Lab]:
    with of_its_own("two", nodes=2, managers=2) as lab:
        lab.playbooks.do("site")
        yield lab


def test_a_demotion_of_one_of_two_that_is_cut_off(two: Lab) -> None:
    playbooks = two.playbooks
    first, second = two.cluster.managers
    # The task after the one in which it leaves.
    playbooks.cut_off("demote", "Write Consul's configuration", node=second.name)
    eventually(lambda: _has_ended(second), within=30)
    playbooks.do("demote", node=second.name)
    eventually(lambda: _is_alone(first), within=30)
    assert json.loads(second.run("cat /etc/consul.d/arpanet.json"))["server"] is False
    assert second.run("ls -d /var/lib/consul/raft 2>/dev/null || true") == ""
    assert playbooks.do("demote", node=second.name).changed == 0
    # All is well but for the inventory.
    told = playbooks.run("doctor").words
    assert f"{second.name} is among the managers of the inventory, but a worker" in told and "1 finding;" in told


def _has_ended(node: Node) -> None:
    assert node.run("systemctl is-active consul || true").strip() == "inactive"


def _is_alone(node: Node) -> None:
    assert len(node.consul("/v1/status/peers")) == 1
