"""What could be upgraded, and in which order."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.upgrades import (
    apt_upgrades,
    bundle_upgrades,
    dnf_upgrades,
    held_back,
    order,
    shown,
)

POLICY = """\
docker.io:
  Installed: 26.1.5+dfsg1-9+b9
  Candidate: 28.5.2+dfsg3-2
  Version table:
     28.5.2+dfsg3-2 500
        500 http://deb.example.net/debian sid/main amd64 Packages
 *** 26.1.5+dfsg1-9+b9 100
        100 /var/lib/dpkg/status
serf:
  Installed: 0.10.1
  Candidate: 0.10.1
  Version table:
 *** 0.10.1 500
consul:
  Installed: (none)
  Candidate: 1.8.7
  Version table:
N: Unable to locate package docker-ce
"""


def test_apt() -> None:
    assert apt_upgrades(POLICY) == {"docker.io": ("26.1.5+dfsg1-9+b9", "28.5.2+dfsg3-2")}
    assert apt_upgrades("") == {}


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ("", []),
        ("docker.io\n", ["docker.io"]),
        ("vim\nrunc:amd64\ndocker.io\n", ["docker.io", "runc"]),
        # There is no newer one.
        ("consul\n", []),
    ],
)
def test_what_is_held(held: str, found: list[str]) -> None:
    assert held_back({"docker.io": ("1", "2"), "runc": ("1", "2")}, held) == found


def test_dnf() -> None:
    listed = "docker-ce 28.5.2-1.el9\nLast metadata expiration check\nvim 9.1-1\n"
    assert dnf_upgrades(listed, {"docker-ce": "26.1.4-1.el9"}) == {"docker-ce": ("26.1.4-1.el9", "28.5.2-1.el9")}


def test_a_bundle() -> None:
    files = [
        "packages/docker.io_28.5.2+dfsg4-2_amd64.deb",
        "packages/consul_1%3a1.8_amd64.deb",
        "packages/new_1_all.deb",
    ]
    installed = {"docker.io": "26.1.5", "consul": "1.8", "serf": "0.10.1"}
    assert bundle_upgrades(files, installed) == {
        "docker.io": ("26.1.5", "28.5.2+dfsg4-2"),
        "consul": ("1.8", "1:1.8"),
    }


def test_workers_first_and_the_leader_last() -> None:
    assert order(["one", "two", "three", "four"], ["one", "two", "three"], "one") == ["four", "two", "three", "one"]


def test_what_is_shown() -> None:
    upgrades = {"node1": {"docker.io": ("1", "2")}, "node2": {"agent": ("", "0.2.0-abc")}, "node3": {}}
    assert shown(upgrades, ["node2", "node1", "node3"]).splitlines() == [
        "  NODE   PART       FROM  TO",
        "  node2  agent      -     0.2.0-abc",
        "  node1  docker.io  1     2",
    ]
    assert shown({"node1": {}}, ["node1"]) == "  all nodes are up to date"
