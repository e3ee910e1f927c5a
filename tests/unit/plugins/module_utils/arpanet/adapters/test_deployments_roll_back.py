"""Going back to a revision, and what is kept for that."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import deployments
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.revisions import NoRevision
from fakes.swarm import Cluster, model

Spec = dict[str, Any]


def test_roll_back(cluster: Cluster) -> None:
    for tag in (1, 2, 3):
        cluster.deploy(model(web={"image": f"nginx:{tag}"}))
    result = cluster.does(deployments.roll_back, None)
    assert cluster.images() == {"abc_web": "nginx:2"}
    assert result["revision"] == 4
    cluster.does(deployments.roll_back, 1)
    assert cluster.images() == {"abc_web": "nginx:1"}
    with pytest.raises(NoRevision, match="revision 9 is not kept; there are 1, 2, 3, 4, 5"):
        cluster.does(deployments.roll_back, 9)


def test_a_volume_is_where_the_revision_had_it(cluster: Cluster) -> None:
    stack = model(db={"volumes": [{"type": "volume", "source": "data", "target": "/d"}]})
    cluster.deploy(stack)
    held = cluster.rollout.held_volumes()
    cluster.deploy(stack, move_volumes=frozenset({"data"}))
    moved = cluster.rollout.held_volumes()
    assert moved != held
    cluster.does(deployments.roll_back, None, check=True)
    assert cluster.rollout.held_volumes() == moved
    cluster.does(deployments.roll_back, None)
    assert cluster.rollout.held_volumes() == held
    assert not cluster.deploy(stack)["changed"]


def test_a_revision_on_a_subnet_that_was_left_is_refused(cluster: Cluster) -> None:
    first = model(web={}, db={"networks": {"back": None}})
    first["networks"]["back"] = {}
    cluster.deploy(first)
    cluster.deploy(model(web={}, db={}))
    cluster.rollout.release_left()
    with pytest.raises(NoRevision, match=r"revision 1 was on subnet 10\S+ \(network back\), which .* left since"):
        cluster.does(deployments.roll_back, 1)
    assert cluster.swarm.calls == []
    assert cluster.rollout.record().revision == 2


@pytest.mark.parametrize(("deploys", "said"), [(0, "no revision is kept"), (1, "only one revision is kept")])
def test_nothing_to_go_back_to(cluster: Cluster, deploys: int, said: str) -> None:
    for _ in range(deploys):
        cluster.deploy(model(web={}))
    with pytest.raises(NoRevision, match=said):
        cluster.does(deployments.roll_back, None)


def test_ten_revisions_are_kept(cluster: Cluster) -> None:
    for tag in range(13):
        cluster.deploy(model(web={"image": f"nginx:{tag}"}))
    assert cluster.rollout.kept_revisions() == [*range(4, 14)]
    assert len(cluster.swarm.made["config"]) == 10


def test_a_secret_of_the_revision_before_stays(cluster: Cluster) -> None:
    def with_secret(data: str) -> Spec:
        return {**model(web={"secrets": [{"source": "s"}]}), "secrets": {"s": {"data": data}}}

    cluster.deploy(with_secret("eA=="))
    (first,) = cluster.swarm.made["secret"]
    cluster.deploy(with_secret("eQ=="))
    assert first in cluster.swarm.made["secret"]
    cluster.does(deployments.roll_back, None)
    spec = cluster.swarm.services("abc")["abc_web"]["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert [reference["SecretName"] for reference in spec["Secrets"]] == [first]
    cluster.deploy(with_secret("eg=="))
    cluster.deploy(with_secret("ew=="))
    assert first not in cluster.swarm.made["secret"]
    with pytest.raises(NoRevision, match=f"revision 1 used {first}, which no longer exist"):
        cluster.does(deployments.roll_back, 1)
