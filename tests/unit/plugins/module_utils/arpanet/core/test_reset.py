"""Steps that leave a node as it was, from what is there."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.reset import UNITS, Node, plan

WHOLE = Node(
    units=frozenset(UNITS),
    running=frozenset(UNITS),
    paths=("/etc/arpanet", "/var/lib/consul"),
    daemon=True,
    engine=True,
    swarm="active",
    bridge=True,
    volumes=("abc_data",),
    users=("consul",),
    ports=True,
)


def lines(node: Node, volumes: bool = False) -> list[str]:
    return [str(step) for step in plan(node, volumes)]


def test_a_whole_node() -> None:
    units = ", ".join(UNITS)
    assert lines(WHOLE) == [
        f"stop {units}",
        "leave the swarm",
        "delete network docker_gwbridge",
        "close the cluster's ports in firewalld",
        f"delete units {units}",
        "delete /etc/docker/daemon.json",
        "restart docker.service",
        "delete /etc/arpanet, /var/lib/consul",
        "delete users consul",
    ]


def test_data_goes_only_when_asked_and_after_what_uses_it() -> None:
    found = lines(WHOLE, volumes=True)
    assert found.index("delete volumes abc_data") == found.index("leave the swarm") + 1


@pytest.mark.parametrize(
    ("node", "steps"),
    [
        (Node(), []),
        (Node(engine=True, volumes=("abc_data",)), []),
        (Node(paths=("/etc/serf",)), ["delete /etc/serf"]),
        (Node(daemon=True), ["delete /etc/docker/daemon.json"]),
        (Node(swarm="stopped"), ["leave the swarm"]),
        (Node(swarm="pending", engine=True), ["leave the swarm"]),
        (Node(units=frozenset({"serf.service"})), ["delete units serf.service"]),
    ],
)
def test_what_is_not_there_is_no_step(node: Node, steps: list[str]) -> None:
    assert lines(node) == steps


def test_whom_others_count_on() -> None:
    assert [Node(swarm=state).member for state in ("active", "pending", "locked", "stopped", "inactive", "")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
