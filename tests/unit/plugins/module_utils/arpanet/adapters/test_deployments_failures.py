"""A deploy that cannot be done or does not succeed: what is said, and what is undone."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import deployments
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.arrival import RolloutError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError
from fakes.swarm import Cluster, model


def test_a_first_deploy_that_fails(cluster: Cluster) -> None:
    with pytest.raises(RolloutError) as raised:
        cluster.deploy(model(web={"image": "web:crash"}, db={}))
    error = raised.value
    assert str(error).startswith("service web: 0 of 1 instances arrived: instance 1 on node2: task: non-zero exit (1)")
    assert "there is no revision to go back to" in str(error)
    assert error.result["changed"] and error.result["plan"]
    (failure,) = error.failures
    assert (failure["instance"], failure["node"], failure["exit_code"]) == ("1.web", "node2", 1)
    assert failure["log"][0].startswith("last words of t")


def test_a_change_that_fails_is_undone(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, db={}))
    with pytest.raises(RolloutError) as raised:
        cluster.deploy(model(web={"image": "nginx:missing"}, db={"image": "nginx:2"}, new={}))
    assert str(raised.value).endswith("; the deployment is back at revision 1")
    assert "No such image" in str(raised.value)
    assert cluster.images() == {"abc_web": "nginx:1", "abc_db": "nginx:1"}
    assert cluster.rollout.record().revision == 1
    assert not cluster.deploy(model(web={}, db={}))["changed"]


STAYS = {"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}


def test_a_move_that_fails_leaves_the_volume_where_it_is(cluster: Cluster) -> None:
    cluster.deploy(model(db=STAYS))
    held = cluster.rollout.held_volumes()
    with pytest.raises(RolloutError, match="back at revision 1"):
        cluster.deploy(model(db={**STAYS, "image": "nginx:crash"}), move_volumes=frozenset({"data"}))
    assert cluster.rollout.held_volumes() == held
    assert not cluster.deploy(model(db=STAYS))["changed"]


BACK = {"deploy": {"update_config": {"failure_action": "rollback"}}}


def test_a_change_that_swarm_undoes_itself(cluster: Cluster) -> None:
    cluster.deploy(model(web=BACK))
    with pytest.raises(RolloutError, match="rolled back due to failure; the deployment is back at revision 1"):
        cluster.deploy(model(web={**BACK, "image": "nginx:missing"}))
    assert cluster.images() == {"abc_web": "nginx:1"}
    # Nothing is left of it for the next one.
    assert not cluster.rollout.actual().given_up
    assert not cluster.deploy(model(web=BACK))["changed"]


def test_what_an_update_that_was_given_up_left_goes_with_the_next_deploy(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, db={}))
    cluster.swarm.end_rollback("abc_web")
    asked = cluster.deploy(model(web={}, db={}), check=True)
    assert [(change["name"], change["restarts"]) for change in asked["plan"]] == [("abc_web", False)]
    assert cluster.deploy(model(web={}, db={}))["changed"]
    assert "update service abc_web" in cluster.swarm.calls and "update service abc_db" not in cluster.swarm.calls
    assert not cluster.deploy(model(web={}, db={}))["changed"]


def test_what_the_engine_refuses_is_undone_too(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, db={}))
    cluster.swarm.refused = {"nginx:2": "invalid memory value"}
    with pytest.raises(RolloutError) as raised:
        cluster.deploy(model(db={"image": "nginx:3"}, web={"image": "nginx:2"}))
    assert "service abc_web: the Engine said: invalid memory value" in str(raised.value)
    assert "the deployment is back at revision 1" in str(raised.value)
    assert raised.value.result["changed"]
    assert cluster.images() == {"abc_web": "nginx:1", "abc_db": "nginx:1"}


def test_an_undoing_that_fails_too_is_said(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    cluster.swarm.refused = {"nginx:1": "no space left"}
    with pytest.raises(RolloutError, match=r"going back to revision 1 failed too: .*no space left"):
        cluster.deploy(model(web={"image": "nginx:crash"}))


def test_a_subnet_that_is_too_small(cluster: Cluster) -> None:
    with pytest.raises(SubnetError, match=r"network abc_default: 2 nodes \+ 2.3 tasks = 8 addresses"):
        cluster.deploy(model(web={"scale": 3}), prefix=29)
    assert cluster.swarm.calls == []


def test_a_subnet_that_somebody_released(cluster: Cluster) -> None:
    stack = model(web={})
    with pytest.raises(RolloutError, match="the subnet of network default is not allocated to it"):
        deployments.converge(
            cluster.rollout,
            stack,
            "shop",
            {"default": "10.32.0.0/26"},
            driver="overlay",
            publish_mode="host",
            move_volumes=frozenset(),
            timeout=5,
            check=False,
        )
    assert not [call for call in cluster.swarm.calls if call.startswith("create")]


def test_a_network_that_cannot_change(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    stack = model(web={"image": "nginx:2"})
    stack["networks"]["default"]["internal"] = True
    with pytest.raises(RolloutError, match=r"network abc_default \(internal False -> True\).*deploy it again"):
        cluster.deploy(stack)
    assert cluster.swarm.calls == []
