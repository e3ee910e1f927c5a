"""Of an engine that does not start nobody knows what it is in: no second swarm begins beside it, and it is mended."""

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import pytest
from conftest import of_its_own
from harness.lab import Lab
from harness.node import Node

DAEMON = "/etc/docker/daemon.json"
BROKEN = PurePath("/run/systemd/system/docker.service.d/broken.conf")
FALSE = "[Service]\nExecStartPre=/bin/false\n"
#: The bare node is to be a manager, too.
BOTH = {"node_promoted": ["node2"]}


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A cluster of one manager, and a bare node."""
    with of_its_own("silent", nodes=2, managers=1) as lab:
        lab.playbooks.do("site", "--limit", "localhost:node1")
        yield lab


def swarm(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(node.run("docker info --format '{{json .Swarm}}' 2>/dev/null"))
    return found


def state(node: Node) -> list[str]:
    """What systemd says of the engine and of its socket."""
    return node.run("systemctl is-active docker.service docker.socket || true").split()


def test_the_only_manager_is_silent(lab: Lab) -> None:
    playbooks = lab.playbooks
    first, second = lab.cluster.nodes
    before = swarm(first)["Cluster"]["ID"]
    first.run(f"systemctl stop docker.socket docker.service; echo '{{' > {DAEMON}")

    refused = playbooks.run("site", "--limit", "localhost:node2", **BOTH)
    assert (refused.code, refused.changed) == (2, 0), refused.output
    assert (
        "node1 cannot be asked whether there is a swarm already, and a second one must not be started" in refused.words
    )
    assert "`systemctl start docker` on node1" in refused.words

    assert playbooks.do("site", "--check", "--diff", **BOTH).changed > 0
    assert state(first) == ["inactive", "inactive"]

    # The run tries to start it in vain, and the other begins nothing of its own.
    first.run(f"mkdir -p {BROKEN.parent} && cat > {BROKEN} && systemctl daemon-reload", stdin=FALSE)
    failed = playbooks.run("site", **BOTH)
    assert failed.code == 2
    assert "node1 cannot be asked whether there is a swarm already" in failed.words
    assert swarm(second)["LocalNodeState"] == "inactive"
    first.run(f"rm {BROKEN} && systemctl daemon-reload && systemctl reset-failed docker.service docker.socket")
    playbooks.do("site", **BOTH)
    assert [swarm(node)["Cluster"]["ID"] for node in (first, second)] == [before, before]
    assert playbooks.do("site", **BOTH).changed == 0


def test_a_setting_reaches_an_engine_that_was_stopped(lab: Lab) -> None:
    (first,), playbooks = lab.cluster.managers, lab.playbooks
    asked = {"docker_daemon_options": {"max-concurrent-downloads": 7, "debug": True}}
    # Its socket goes on, and would start it for anybody who asks, with what it had before.
    first.run("systemctl stop arpanet-agent docker.service")
    playbooks.do("site", "--check", "--limit", "localhost:node1", **asked)
    assert state(first) == ["inactive", "active"], "a look starts nothing"
    playbooks.do("site", "--limit", "localhost:node1", **asked)
    assert '"debug": true' in first.run(f"cat {DAEMON}")
    assert json.loads(first.run("docker info --format '{{json .Debug}}' 2>/dev/null")) is True
    assert playbooks.do("site", "--limit", "localhost:node1", **asked).changed == 0


def test_what_was_stopped_by_hand_is_started_again(lab: Lab) -> None:
    (first,), playbooks = lab.cluster.managers, lab.playbooks
    limit = ("--limit", "localhost:node1")
    assert playbooks.do("site", *limit).changed == 0
    for unit in (
        "docker docker.socket",
        "serf",
        "consul",
        "arpanet-registry",
        "arpanet-registry-proxy",
        "arpanet-agent",
    ):
        first.run(f"systemctl disable --now {unit}")
        told = playbooks.do("site", "--check", *limit).changed
        assert "active" not in first.run(f"systemctl is-active {unit} || true").split()
        assert told == playbooks.do("site", *limit).changed == 1, unit
        service = unit.partition(" ")[0]
        assert first.run(f"systemctl is-active {service}; systemctl is-enabled {service}").split() == [
            "active",
            "enabled",
        ]
    first.run("systemctl stop arpanet-handlers")
    assert "arpanet-handlers.service does not run on node1" in playbooks.run("doctor", *limit).words
    assert playbooks.do("site", "--check", *limit).changed == playbooks.do("site", *limit).changed == 1
    first.run("systemctl is-active arpanet-handlers")
    first.run("chmod 0644 /etc/consul.d/tls/server.pem")
    assert playbooks.do("site", "--check", *limit).changed > 0
    playbooks.do("site", *limit)
    assert first.run("stat -c '%a %U' /etc/consul.d/tls/server.pem").split() == ["600", "consul"]
    assert playbooks.do("site", *limit).changed == 0
