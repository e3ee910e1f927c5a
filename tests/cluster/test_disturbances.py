"""What dies comes back, and what is restarted keeps or restores its registrations."""

import json

import pytest
from harness.claims import answers, dns_agrees, leases_agree, settled
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import Node


def test_a_killed_container_is_replaced_and_registered(probe: str, cluster: Cluster) -> None:
    (old,) = cluster.containers(probe, "pricing")
    old.node.run(f"docker kill {old.id}")
    name = f"pricing.{probe}.service.consul"

    def gone() -> None:
        found = cluster.each(lambda node: node.dns(name)[name])
        assert all(old.address not in addresses for addresses in found.values()), found

    def replaced() -> None:
        assert dns_agrees(cluster, probe, "pricing", 1)
        assert cluster.containers(probe, "pricing")[0].id != old.id

    eventually(gone, within=5)
    eventually(replaced)
    assert answers(cluster, probe, "musl", "pricing") == {"1.pricing.probe"}
    eventually(lambda: leases_agree(cluster))


@pytest.mark.parametrize("role", ["manager", "worker"])
def test_the_agent_restarts_and_nothing_leaves_dns(probe: str, cluster: Cluster, role: str) -> None:
    node = _node(cluster, role)
    before = eventually(lambda: _registered(cluster, node))
    node.run("systemctl restart arpanet-agent")
    assert _registered(cluster, node) == before
    eventually(lambda: _whole(cluster, probe))


def test_what_changes_while_the_agent_is_away_is_made_up_for(probe: str, cluster: Cluster) -> None:
    (container,) = cluster.containers(probe, "pricing")
    container.node.run("systemctl stop arpanet-agent")
    try:
        container.node.run(f"docker kill {container.id}")
    finally:
        container.node.run("systemctl start arpanet-agent")
    eventually(lambda: _whole(cluster, probe))


@pytest.mark.parametrize("role", ["manager", "worker"])
def test_consul_restarts_and_registrations_are_there_again(probe: str, cluster: Cluster, role: str) -> None:
    node = _node(cluster, role)
    node.run("systemctl restart consul")
    eventually(lambda: _whole(cluster, probe), within=60)


def test_consul_that_lost_everything_it_knew_hears_it_again(probe: str, cluster: Cluster) -> None:
    """Only the agent knows what a Consul client whose state is lost should say."""
    (pricing,) = cluster.containers(probe, "pricing")
    for service_id in ("1.pricing.probe", "1.pricing.probe.dns"):
        pricing.node.consul(f"/v1/agent/service/deregister/{service_id}", "PUT", purpose="registrar")
    eventually(lambda: _whole(cluster, probe), within=60)


def test_what_a_node_left_behind_that_was_set_up_anew_leaves_dns(probe: str, cluster: Cluster) -> None:
    """Its Consul does not know the instances of its former life, and has no right to remove them."""
    (pricing,) = cluster.containers(probe, "pricing")
    meta = {"arpanet-deployment": probe, "arpanet-service": "pricing", "arpanet-container": "c0ffee"}
    service = {"ID": "9.pricing.probe.dns", "Service": probe, "Tags": ["pricing"], "Address": "10.9.9.9", "Meta": meta}
    body = {"Node": pricing.node.name, "Address": pricing.node.address, "Service": service}

    def gone() -> None:
        _whole(cluster, probe)
        assert service["ID"] not in cluster.registrations(probe)

    # An agent that looks just now has taken it out before anybody could ask for it.
    assert cluster.manager.consul("/v1/catalog/register", "PUT", purpose="management", body=json.dumps(body)) is True
    eventually(gone, within=60)


@pytest.mark.parametrize("role", ["manager", "worker"])
def test_docker_restarts_and_its_instances_are_replaced(probe: str, cluster: Cluster, role: str) -> None:
    node = _node(cluster, role)
    before = {one.id for one in cluster.containers(nodes=[node])}
    node.run("systemctl restart docker")
    eventually(lambda: _whole(cluster, probe), within=90)
    # Until the node is back in the swarm, what ran there still counts as running.
    eventually(lambda: settled(cluster), within=90)
    assert not before & {one.id for one in cluster.containers()}


def _node(cluster: Cluster, role: str) -> Node:
    """The last node of a role on which something runs."""
    busy = {one.node for one in cluster.containers()}
    found = [node for node in cluster.nodes if node in busy and node.manager == (role == "manager")]
    if not found:
        pytest.skip(f"nothing runs on a {role}")
    return found[-1]


def _registered(cluster: Cluster, node: Node) -> set[tuple[str, str]]:
    """What Consul has of a node, and among it each instance that runs there."""
    found = cluster.manager.consul(f"/v1/catalog/node/{node.name}?consistent")["Services"]
    assert found.keys() >= {one.instance for one in cluster.containers(nodes=[node])}
    return {(item["ID"], item["Address"]) for item in found.values()}


def _whole(cluster: Cluster, deployment: str) -> None:
    """All is as asked: Swarm runs it, DNS answers it, leases say it."""
    for service in ("pricing", "catalogue", "musl"):
        dns_agrees(cluster, deployment, service, 1)
    leases_agree(cluster)
    assert answers(cluster, deployment, "musl", "pricing") == {f"1.pricing.{deployment}"}
