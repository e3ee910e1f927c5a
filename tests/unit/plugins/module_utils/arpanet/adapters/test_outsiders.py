"""Who else is on a deployment's networks, as a Swarm tells it."""

from __future__ import annotations

from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.outsiders import on_networks
from fakes.swarm import FakeSwarm

Spec = dict[str, Any]


def attached(state: str = "running", node: str = "node2", network: str = "abc_default") -> Spec:
    return {
        "NodeID": node,
        "Spec": {"NetworkAttachmentSpec": {"ContainerID": "35ab1e4a08f3b09dcbfe"}},
        "Status": {"State": state},
        "NetworksAttachments": [{"Network": {"Spec": {"Name": network}}}],
    }


def service(deployment: str | None, network: str = "abc_default") -> Spec:
    labels = {"arpanet.deployment": deployment} if deployment else {}
    return {"Spec": {"Labels": labels, "TaskTemplate": {"Networks": [{"Target": network}]}}}


def swarm() -> FakeSwarm:
    found = FakeSwarm()
    found.made["network"] = {"abc_default": {}, "abc_back": {}}
    return found


def others(found: FakeSwarm, *networks: str) -> list[str]:
    return on_networks(found, "abc", networks)


def test_a_container_that_was_started_by_hand() -> None:
    found = swarm()
    found.attached = [attached(), attached("complete"), attached(network="theirs")]
    assert others(found, "abc_default", "abc_back") == [
        "network abc_default is used by a container of somebody else's, 35ab1e4a08f3 on node2: "
        "remove it there (docker rm -f 35ab1e4a08f3)"
    ]
    assert others(found, "abc_back") == others(found) == []


def test_one_on_a_node_that_is_down() -> None:
    found = swarm()
    found._nodes["node2"]["Status"]["State"] = "down"
    found.attached = [attached()]
    assert others(found, "abc_default")[0].endswith(
        "on node2: node2 does not answer: bring it back, or take it out of the Swarm"
    )


def test_services_of_others() -> None:
    found = swarm()
    found.others = {
        "abc_web": service("abc"),
        "mon_agent": service("mon"),
        "plain": service(None, "abc_back"),
        "far": service("mon", "mon_default"),
    }
    assert others(found, "abc_default", "abc_back") == [
        "network abc_default is used by service mon_agent of deployment mon: deploy that without the network",
        "network abc_back is used by service plain of nobody's: remove it",
    ]
