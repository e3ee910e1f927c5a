"""A deployment is taken away, and what is in the way of that."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import deployments
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.arrival import RolloutError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from fakes.swarm import Cluster, model


def test_remove(cluster: Cluster) -> None:
    stack = model(web={"secrets": [{"source": "s"}], "volumes": [{"type": "volume", "source": "d", "target": "/d"}]})
    cluster.deploy({**stack, "secrets": {"s": {"data": "eA=="}}})
    result = cluster.does(deployments.remove, False)
    assert result["changed"]
    assert cluster.swarm.calls[:2] == ["remove service abc_web", "remove network abc_default"]
    assert not any(cluster.swarm.made.values())
    assert cluster.consul.keys(names.deployment_key("abc")) == set()
    assert cluster.rollout.held_volumes()
    assert not cluster.does(deployments.remove, False)["changed"]
    assert cluster.does(deployments.remove, True)["changed"]
    assert not cluster.rollout.held_volumes()


def test_remove_what_is_half_gone(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    cluster.swarm.remove("service", "abc_web")
    cluster.swarm.remove("network", "abc_default")
    assert cluster.does(deployments.remove, False)["changed"]
    assert not cluster.rollout.exists()


def test_remove_with_somebody_else_on_the_network(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    foreign = {"Spec": {"TaskTemplate": {"Networks": [{"Target": "abc_default"}]}}}
    cluster.swarm.others = {"probe": foreign}
    for check in (True, False):
        with pytest.raises(
            RolloutError, match=r"network abc_default is used by service probe .*then run the same again"
        ):
            cluster.does(deployments.remove, False, check=check)
        assert cluster.swarm.calls == []
    cluster.swarm.others = {}
    assert cluster.does(deployments.remove, False)["changed"]


def test_a_network_that_others_came_to_meanwhile_is_not_waited_for(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.deploy(model(web={}))
    remove = cluster.swarm.remove

    def removed(kind: str, name: str) -> bool:
        if kind != "network":
            return remove(kind, name)
        cluster.swarm.others = {"probe": {"Spec": {"TaskTemplate": {"Networks": [{"Target": "abc_default"}]}}}}
        return False

    monkeypatch.setattr(cluster.swarm, "remove", removed)
    with pytest.raises(RolloutError, match="used by service probe"):
        cluster.does(deployments.remove, False, timeout=60)


def test_remove_asked_only(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    result = cluster.does(deployments.remove, False, check=True)
    assert {change["action"] for change in result["plan"]} == {"remove"}
    assert cluster.swarm.calls == []
    assert cluster.rollout.exists()


def test_deploy_again_after_a_removal(cluster: Cluster) -> None:
    for _ in range(2):
        assert cluster.deploy(model(web={}))["revision"] == 1
        cluster.does(deployments.remove, False)
