"""Who leads is killed in the middle of a deploy: the same command once more completes it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.claims import dns_agrees, leases_agree, rests
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.lab import Lab
from harness.load import HEALTH
from harness.node import Node
from members import is_manager, leading_consul, leading_swarm

# One after the other, so that there is a middle.
SERVICES = ("one", "two", "three", "four", "five")


def deploying(cluster: Cluster) -> Node:
    """The manager that a deploy runs on: the first that answers."""
    return cluster.managers[0]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    file = tmp_path / "compose.yml"
    services = {}
    for before, name in zip(("", *SERVICES), SERVICES, strict=False):
        services[name] = {
            "image": "acmeinc/productcatalog",
            "healthcheck": {"test": ["CMD", "bash", "-c", HEALTH], "interval": "2s"},
            "deploy": {"replicas": 2},
            **({"depends_on": {before: {"condition": "service_healthy"}}} if before else {}),
        }
    file.write_text(json.dumps({"services": services}))
    return file


@pytest.fixture
def whole(lab: Lab) -> Iterator[None]:
    yield
    for node in lab.cluster.all_nodes:
        if node not in lab.cluster.nodes:
            lab.cluster.start(node)
            eventually(lambda node=node: is_manager(lab.cluster, node.name), within=120)
    lab.whole()


@pytest.mark.parametrize("who", [deploying, leading_swarm, leading_consul])
def test_a_leader_is_killed(lab: Lab, whole: None, stack: Path, who: Callable[[Cluster], Node]) -> None:
    cluster, playbooks = lab.cluster, lab.playbooks
    asked = {"stack": str(stack), "deployment": "broken"}
    node = who(cluster)

    def begun() -> None:
        assert 0 < len(cluster.containers("broken")) < 2 * len(SERVICES)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(playbooks.run, "deploy", **asked)
        eventually(begun, within=60)
        cluster.kill(node)
        first = running.result()
    print(f"{who.__name__}: {node.name} was killed, and the deploy ended with {first.code}")
    playbooks.do("deploy", **asked)
    for name in SERVICES:
        eventually(lambda name=name: dns_agrees(cluster, "broken", name, 2), within=60)
    eventually(lambda: leases_agree(cluster), within=60)
    owners = {key: value["subnet"] for key, (value, _) in cluster.kv("arpanet/subnets/owners/").items()}
    blocks = cluster.kv("arpanet/subnets/blocks/").values()
    taken = {f"arpanet/subnets/owners/{owner}": cidr for block, _ in blocks for cidr, owner in block.items()}
    assert taken == owners
    record, _ = cluster.kv("arpanet/deployments/broken")["arpanet/deployments/broken"]
    assert record["networks"] == {"default": owners["arpanet/subnets/owners/broken/default"]}
    assert playbooks.do("deploy", **asked).changed == 0

    cluster.start(node)
    eventually(lambda: is_manager(cluster, node.name), within=120)
    assert playbooks.do("deploy", **asked).changed == 0
    playbooks.remove("broken")
    assert not rests(cluster, "broken")
