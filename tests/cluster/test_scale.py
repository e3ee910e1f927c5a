"""scale.yml: up and down, with DNS and leases following."""

from harness.claims import answers, dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks
from harness.stacks import FIG


def test_one_to_three_to_one_with_dns_following(abc: str, cluster: Cluster, playbooks: Playbooks) -> None:
    before = dns_agrees(cluster, abc, "pricing", 1)
    others = [container.id for container in cluster.containers(abc) if container.service != "pricing"]
    try:
        up = playbooks.scale(abc, "pricing", 3)
        assert up.plan == ["~ service abc_pricing"]
        # When the playbook is done, DNS is: every instance answers by name.
        assert dns_agrees(cluster, abc, "pricing", 3).items() >= before.items()
        assert answers(cluster, abc, "catalogue", "pricing") == {f"{slot}.pricing.abc" for slot in (1, 2, 3)}
        eventually(lambda: leases_agree(cluster))
        # The file states no number, so the next deploy keeps what scale asked for.
        assert playbooks.deploy(FIG, abc).changed == 0
        assert playbooks.scale(abc, "pricing", 3).changed == 0
    finally:
        playbooks.scale(abc, "pricing", 1)
    eventually(lambda: dns_agrees(cluster, abc, "pricing", 1))
    eventually(lambda: leases_agree(cluster))
    assert [one.id for one in cluster.containers(abc) if one.service != "pricing"] == others


def test_down_to_nothing_and_back(probe: str, cluster: Cluster, playbooks: Playbooks) -> None:
    playbooks.scale(probe, "musl", 0)
    eventually(lambda: dns_agrees(cluster, probe, "musl", 0))
    playbooks.scale(probe, "musl", 1)
    eventually(lambda: dns_agrees(cluster, probe, "musl", 1))
