"""A node that is cut off and comes back: what the others do about it, and that nothing stale is left."""

import json

import pytest
from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import Node
from harness.stacks import PROBE

NOTED = "/run/noted-failed"
HANDLER = "/etc/arpanet/handlers.d/member-failed/10-note"


@pytest.mark.long
def test_a_node_that_is_cut_off_is_acted_on_and_comes_back_whole(temporary, cluster: Cluster) -> None:
    lost, witness = cluster.nodes[-1], cluster.manager
    if witness.name == lost.name:
        witness = cluster.managers[0]
    with temporary("parted", PROBE):
        witness.run(f"install -D -m 0755 /dev/stdin {HANDLER}", stdin=f"#!/bin/sh\ncat > {NOTED}\n")
        cluster.cut(lost)
        try:
            eventually(lambda: _is_given_up(witness, lost), within=60)
            failed = json.loads(eventually(lambda: witness.run(f"cat {NOTED}")))
            assert [one["name"] for one in failed] == [lost.name]
            # Where its instances were, others are by now.
            for service in ("pricing", "catalogue", "musl"):
                eventually(lambda service=service: dns_agrees(cluster, "parted", service, 1), within=90)
            eventually(lambda: leases_agree(cluster), within=30)
        finally:
            cluster.heal(lost)
            witness.run(f"rm -rf {HANDLER.rpartition('/')[0]} {NOTED}")
        eventually(lambda: _is_back(witness, lost), within=90)
        for service in ("pricing", "catalogue", "musl"):
            eventually(lambda service=service: dns_agrees(cluster, "parted", service, 1), within=90)
        eventually(lambda: leases_agree(cluster), within=90)


def _is_given_up(witness: Node, lost: Node) -> None:
    assert _status(witness, lost) == "failed"
    assert _in_swarm(witness, lost) == "down"


def _is_back(witness: Node, lost: Node) -> None:
    assert _status(witness, lost) == "alive"
    assert _in_swarm(witness, lost) == "ready"


def _status(witness: Node, lost: Node) -> str:
    found = json.loads(witness.run("arpanet members --json"))["members"]
    status: str = next(one["status"] for one in found if one["name"] == lost.name)
    return status


def _in_swarm(witness: Node, lost: Node) -> str:
    return witness.run(f"docker node inspect {lost.name} --format '{{{{.Status.State}}}}'").strip()
