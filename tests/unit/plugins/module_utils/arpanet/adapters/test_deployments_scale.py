"""Another number of instances."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.scaling import NotScalable
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError
from fakes.swarm import Cluster, model


def test_scale(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, db={"scale": 1}))
    result = cluster.scale(web=3)
    assert result["changed"]
    assert cluster.swarm.calls[0] == "update service abc_web"
    assert [change["fields"] for change in result["plan"]] == [{"replicas": [1, 3]}]
    assert not result["plan"][0]["restarts"]
    assert [where["instance"] for where in result["placements"] if where["service"] == "web"] == [
        "1.web.abc",
        "2.web.abc",
        "3.web.abc",
    ]
    assert cluster.rollout.record().scaled == {"web": 3}
    assert not cluster.scale(web=3)["changed"]
    assert not cluster.deploy(model(web={}, db={"scale": 1}))["changed"]


def test_scale_to_nothing_and_back(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    assert cluster.scale(web=0)["placements"] == []
    assert len(cluster.scale(web=1)["placements"]) == 1


def test_a_number_that_the_file_states_comes_back(cluster: Cluster) -> None:
    stack = model(web={"deploy": {"replicas": 2}})
    cluster.deploy(stack)
    result = cluster.scale(web=4)
    assert result["notes"] == [
        "service web: the stack's file states its replicas, so the next deploy goes back to that number"
    ]
    assert cluster.rollout.record().scaled == {}
    assert cluster.deploy(stack)["plan"][0]["fields"] == {"replicas": [4, 2]}


def test_scale_asked_only(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    assert cluster.scale(check=True, web=3)["changed"]
    assert cluster.swarm.calls == []
    assert cluster.rollout.record().scaled == {}


def test_what_cannot_be_scaled(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, agent={"deploy": {"mode": "global"}}))
    with pytest.raises(NotScalable, match="service agent runs once on every node: it cannot be scaled"):
        cluster.scale(web=2, agent=2)
    assert cluster.swarm.calls == []


def test_scale_beyond_the_subnet(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    with pytest.raises(SubnetError, match=r"2 nodes \+ 2.80 tasks = 162 addresses, subnet .* hands out 31"):
        cluster.scale(web=80)
