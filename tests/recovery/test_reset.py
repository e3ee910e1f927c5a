"""A node is as it was, and becomes one again."""

from collections.abc import Callable

import pytest
from footprint import footprint
from harness.lab import Lab
from harness.node import Node


def test_what_is_not_meant(lab: Lab) -> None:
    node = lab.cluster.nodes[-1].name
    for asked, said in (
        ({}, "Say which node"),
        ({"node": "nobody", "confirm": "yes"}, "The inventory has no nobody"),
        ({"node": node}, "add -e confirm=yes"),
        ({"node": node, "confirm": "yes"}, f"{node} is still in the swarm"),
    ):
        run = lab.playbooks.run("reset", **asked)
        assert (run.code, run.changed) == (2, 0), run.output
        assert said in run.words


def cut_off(lab: Lab, node: Node, asked: dict[str, str]) -> None:
    """As it restarts the engine, whose settings are gone already."""
    lab.playbooks.struck("reset", lambda: node.run("! test -e /etc/docker/daemon.json"), **asked)


def not_cut_off(lab: Lab, node: Node, asked: dict[str, str]) -> None:
    pass


@pytest.mark.parametrize("before", [not_cut_off, cut_off])
def test_a_node_comes_and_goes(lab: Lab, bare: set[str], before: Callable[[Lab, Node, dict[str, str]], None]) -> None:
    node = lab.cluster.nodes[-1]
    asked = {"node": node.name, "confirm": "yes", "force": "true"}
    was = footprint(node)
    checked = lab.playbooks.do("reset", "--check", **asked)
    assert checked.changed == 1
    assert "leave the swarm" in checked.output
    assert footprint(node) == was
    before(lab, node, asked)
    run = lab.playbooks.do("reset", **asked)
    assert "restart docker.service" in run.output, "it had settings of ours"
    found = footprint(node)
    assert (found - bare - STAYS, bare - found) == (set(), set())
    assert "Swarm: inactive" in node.run("docker info 2>/dev/null")
    assert node.run("docker ps --all --quiet") == ""
    assert node.run("ss -Hltun 'sport = :8301 or sport = :7947 or sport = :53 or sport = :5000'") == ""
    assert lab.playbooks.do("reset", **asked).changed == 0
    assert lab.playbooks.run("doctor").code == 2


# What docs/reset.md says of the engine and of the packaged registry, whose packages were there.
STAYS = {
    "/etc/systemd/system/docker-registry.service",
    "/etc/systemd/system/multi-user.target.wants/docker.service",
    "link docker0",
}
