"""Plain names: from inside containers over HTTP, on glibc and on musl, each deployment its own."""

import pytest
from harness.claims import answers, dns_agrees
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.node import NodeError
from harness.playbooks import Playbooks


@pytest.fixture(scope="module")
def three(cluster: Cluster, playbooks: Playbooks, abc: str, probe: str) -> None:
    """Three instances of `pricing` in `probe`, beside the one of `abc`."""
    playbooks.scale(probe, "pricing", 3)
    yield
    playbooks.scale(probe, "pricing", 1)


@pytest.mark.parametrize(("asker", "library"), [("catalogue", "glibc"), ("musl", "musl")])
def test_a_plain_name_answers_from_every_instance(
    cluster: Cluster, probe: str, three: None, asker: str, library: str
) -> None:
    found = eventually(lambda: answers(cluster, probe, asker, "pricing"))
    assert found == {"1.pricing.probe", "2.pricing.probe", "3.pricing.probe"}
    # What has no file of glibc's has asked through the other library's resolver.
    assert ("libc.so.6" in _files(cluster, probe, asker)) == (library == "glibc")


def test_requests_by_name_reach_all_instances(cluster: Cluster, probe: str, three: None) -> None:
    """DNS is the load balancer: whoever asks often enough has met them all."""
    (catalogue,) = cluster.containers(probe, "catalogue")
    met: set[str] = set()

    def all_met() -> None:
        met.add(catalogue.ask("pricing")["instance"])
        assert len(met) == 3, met

    eventually(all_met, every=0)


def test_a_plain_name_means_the_own_deployments_service(cluster: Cluster, abc: str, probe: str, three: None) -> None:
    assert eventually(lambda: answers(cluster, abc, "catalogue", "pricing")) == {"1.pricing.abc"}
    for deployment in (abc, probe):
        (catalogue,) = cluster.containers(deployment, "catalogue")
        said = {catalogue.ask("pricing")["instance"] for _ in range(5)}
        assert {instance.rsplit(".", 1)[1] for instance in said} == {deployment}


def test_the_forms_of_a_name_in_dns(cluster: Cluster, abc: str) -> None:
    eventually(lambda: dns_agrees(cluster, abc, "pricing", 1))
    running = {container.service: container.address for container in cluster.containers(abc)}
    wanted = {
        "pricing.abc.service.consul": [running["pricing"]],
        "1.pricing.abc.service.consul": [running["pricing"]],
        "abc.service.consul": sorted(running.values()),
        "2.pricing.abc.service.consul": [],
        "nothing.abc.service.consul": [],
    }
    assert cluster.each(lambda node: node.dns(*wanted)) == {node.name: wanted for node in cluster.nodes}


def test_the_api_knows_each_instance_by_its_name(cluster: Cluster, abc: str) -> None:
    (pricing,) = cluster.containers(abc, "pricing")
    (found,) = cluster.manager.consul("/v1/health/service/pricing.abc?passing")
    assert found["Service"]["ID"] == "1.pricing.abc"
    assert found["Service"]["Address"] == pricing.address
    assert found["Service"]["Port"] == 80
    assert found["Node"]["Node"] == pricing.node.name


def test_a_name_that_is_nobodys_fails_fast(cluster: Cluster, probe: str) -> None:
    """It is an error, and no program hangs at it."""
    for asker in ("catalogue", "musl"):
        (inside,) = cluster.containers(probe, asker)
        with pytest.raises(NodeError, match="exit code"):
            inside.resolve("nobody-has-this-name")


def _files(cluster: Cluster, deployment: str, service: str) -> str:
    (inside,) = cluster.containers(deployment, service)
    return inside.node.run(f"docker export {inside.id} | tar --list")
