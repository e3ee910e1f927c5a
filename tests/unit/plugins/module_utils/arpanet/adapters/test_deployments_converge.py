"""A stack as its file says it: what is asked of a Swarm and of Consul, images and volumes with it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import deployments
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.arrival import RolloutError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import ImageRefused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pins import NoImage
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pulls import Pulls
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import drivers, names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from fakes.swarm import Cluster, model


def test_a_first_deploy(cluster: Cluster) -> None:
    result = cluster.deploy(model(web={"scale": 2}, db={}))
    assert result["changed"] and result["revision"] == 1
    assert cluster.swarm.calls[:3] == ["create network abc_default", "create service abc_db", "create service abc_web"]
    assert [where["instance"] for where in result["placements"]] == ["1.db.abc", "1.web.abc", "2.web.abc"]
    record = cluster.rollout.record()
    assert (record.stack, record.services, record.revision) == ("shop", {"web": 2, "db": 1}, 1)
    assert set(record.networks) == {"default"}


def test_a_guest_on_a_network_of_weave_keeps_away_from_nodes_as_its_hosts_do(cluster: Cluster) -> None:
    cluster.swarm.drivers = {"xyz_default": "weave:latest", "outer": "overlay"}
    stack = model(web={"networks": {"default": None, "theirs": None}}, db={}, api={"networks": {"outer": None}})
    stack["networks"] |= {
        "theirs": {"name": "xyz_default", "external": True},
        "outer": {"name": "outer", "external": True},
    }
    with pytest.raises(RolloutError, match="has no Weave"):
        cluster.deploy(stack)
    assert cluster.swarm.calls == []
    for node in cluster.swarm.nodes():
        name = node["Description"]["Hostname"]
        cluster.consul.put(names.weave_key(name), {"node": name, "ready": True})
    cluster.deploy(stack)
    constraints = {
        name: (service["Spec"]["TaskTemplate"].get("Placement") or {}).get("Constraints")
        for name, service in cluster.swarm.services("abc").items()
    }
    assert constraints["abc_web"] == [drivers.GATE]
    assert not constraints["abc_db"] and not constraints["abc_api"]


def test_nothing_to_do(cluster: Cluster) -> None:
    stack = model(web={"labels": {"empty": ""}, "init": False}, agent={"deploy": {"mode": "global"}})
    cluster.deploy(stack)
    result = cluster.deploy(stack)
    assert not result["changed"] and result["plan"] == []
    assert result["revision"] == 1
    assert cluster.swarm.calls == []
    assert len(result["placements"]) == 3


def test_only_what_changed_is_touched(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, db={}, old={}))
    result = cluster.deploy(model(web={"image": "nginx:2"}, db={}, new={}))
    services = [call for call in cluster.swarm.calls if " service " in call]
    assert services == ["remove service abc_old", "create service abc_new", "update service abc_web"]
    assert result["revision"] == 2
    assert {change["name"]: change["restarts"] for change in result["plan"]}["abc_web"]


def test_asked_only(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    before = json.dumps(sorted(map(repr, cluster.consul.entries.items())))
    result = cluster.deploy(model(web={"image": "nginx:2"}, new={}), check=True)
    assert result["changed"]
    assert [(change["action"], change["name"]) for change in result["plan"]] == [
        ("create", "abc_new"),
        ("update", "abc_web"),
    ]
    assert cluster.swarm.calls == []
    assert json.dumps(sorted(map(repr, cluster.consul.entries.items()))) == before


def test_asked_only_of_nothing(cluster: Cluster) -> None:
    cluster.deploy(model(web={}), check=True)
    assert not cluster.rollout.exists()
    assert cluster.swarm.calls == []


def test_what_was_asked_is_what_is_done(cluster: Cluster) -> None:
    cluster.deploy(model(web={}, db={}))
    stack = model(web={"environment": {"A": "1"}}, cache={})
    planned = cluster.deploy(stack, check=True)
    done = cluster.deploy(stack)
    assert (planned["plan"], planned["diff"]) == (done["plan"], done["diff"])


def test_order(cluster: Cluster) -> None:
    needs = {"db": {"condition": "service_healthy"}, "migrate": {"condition": "service_completed_successfully"}}
    cluster.deploy(
        model(web={"depends_on": needs}, migrate={"depends_on": {"db": {"condition": "service_started"}}}, db={})
    )
    services = [call.split("_")[1] for call in cluster.swarm.calls if "service" in call]
    assert services == ["db", "migrate", "web"]
    assert set(cluster.swarm.services("abc")["abc_migrate"]["Spec"]["Mode"]) == {"ReplicatedJob"}


def test_who_waits_for_something_that_fails_is_not_started(cluster: Cluster) -> None:
    stack = model(
        web={"depends_on": {"db": {"condition": "service_started"}, "api": {"condition": "service_started"}}},
        api={},
        db={"image": "db:crash"},
    )
    with pytest.raises(RolloutError) as raised:
        cluster.deploy(stack)
    assert "service web was not started: it waits for api, db" in str(raised.value)
    assert "abc_web" not in cluster.swarm.services("abc")


# Images


def test_images_are_pinned_to_the_digest_of_the_moment(cluster: Cluster) -> None:
    cluster.swarm.digests = {"nginx": "sha256:01", "host:5000/web:2": "sha256:02"}
    stack = model(a={"image": "nginx"}, b={"image": "host:5000/web:2"}, c={"image": "x@sha256:03"}, d={"image": "gone"})
    result = cluster.deploy(stack)
    assert cluster.images() == {
        "abc_a": "nginx:latest@sha256:01",
        "abc_b": "host:5000/web:2@sha256:02",
        "abc_c": "x@sha256:03",
        "abc_d": "gone:latest",
    }
    assert result["notes"] == [
        "service d: no registry tells the digest of gone; each node uses what it has or can pull"
    ]
    cluster.swarm.digests["nginx"] = "sha256:04"
    assert [change["name"] for change in cluster.deploy(stack)["plan"]] == ["abc_a"]


def test_an_image_that_is_refused_leaves_nothing_of_a_new_deployment(cluster: Cluster) -> None:
    cluster.swarm.image_refusals = {"nginx:1": ImageRefused("unauthorized", login=True, logged_in=False)}
    stack = model(web={"volumes": [{"type": "volume", "source": "data", "target": "/data"}]})
    stack["volumes"] = {"data": {}}
    with pytest.raises(NoImage, match="service web: "):
        cluster.deploy(stack, allocated=["default"])
    assert cluster.swarm.calls == []
    assert cluster.consul.entries == {}


def test_a_refusal_gives_back_only_what_was_allocated_for_it(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    before = dict(cluster.consul.entries)
    cluster.swarm.image_refusals = {"nginx:2": ImageRefused("unknown", login=False, logged_in=False)}
    with pytest.raises(NoImage):
        cluster.deploy(model(web={"image": "nginx:2"}), allocated=["default"])
    assert cluster.consul.entries == before


def test_a_registry_that_is_away_changes_nothing(cluster: Cluster) -> None:
    cluster.swarm.digests = {"nginx:1": "sha256:01"}
    cluster.deploy(model(web={}))
    cluster.swarm.digests = {}
    result = cluster.deploy(model(web={}))
    assert not result["changed"]
    assert result["notes"] == []


def test_an_old_engine(cluster: Cluster) -> None:
    cluster.swarm.api_version_spoken = (1, 41)
    result = cluster.deploy(model(web={"healthcheck": {"start_interval": "1s"}}))
    assert "service web: 'healthcheck.start_interval' is ignored: this Engine is too old for it" in result["notes"]


def test_an_update_that_stops_first_waits_for_its_image(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    awaited: list[dict[str, list[str]]] = []
    monkeypatch.setattr(Pulls, "wait", lambda _self, missing, _timeout: awaited.append(missing))
    stays = {"volumes": [{"type": "volume", "source": "data", "target": "/d", "volume": {}}]}
    one, two = "nginx:1@sha256:" + "a" * 64, "nginx:2@sha256:" + "b" * 64
    stack = {**model(web={"image": one}, db={"image": one, **stays}), "volumes": {"data": {"name": "abc_data"}}}
    cluster.deploy(stack)
    assert cluster.consul.entries[names.images_key("abc")].value.keys() == {one}
    for service in stack["services"].values():
        service["image"] = two
    cluster.deploy(stack)
    assert [[*missing] for missing in awaited] == [[], [two]]
    (nodes,) = awaited[1].values()
    assert len(nodes) == 1
    stack["services"]["db"]["environment"] = {"A": "1"}
    cluster.deploy(stack)
    assert awaited[2] == {}
    deployments.remove(cluster.rollout, False, 5, check=False)
    assert names.images_key("abc") not in cluster.consul.entries


# Volumes


def test_a_service_stays_with_its_volume(cluster: Cluster) -> None:
    stack = model(db={"volumes": [{"type": "volume", "source": "data", "target": "/d"}]})
    cluster.deploy(stack)
    held = cluster.rollout.held_volumes()
    (place,) = held.values()
    placement = cluster.swarm.services("abc")["abc_db"]["Spec"]["TaskTemplate"]["Placement"]
    assert placement == {"Constraints": [f"node.hostname=={place}"]}
    assert not cluster.deploy(stack)["changed"]
    cluster.deploy(stack, move_volumes=frozenset({"data"}))
    assert cluster.rollout.held_volumes() != held


def test_asking_holds_no_volume(cluster: Cluster) -> None:
    cluster.deploy(model(db={"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}), check=True)
    assert cluster.rollout.held_volumes() == {}


def test_a_volume_without_a_node_that_takes_it(cluster: Cluster) -> None:
    stack = model(
        db={
            "volumes": [{"type": "volume", "source": "data", "target": "/d"}],
            "deploy": {"placement": {"constraints": ["node.labels.ssd==yes"]}},
        }
    )
    with pytest.raises(Unsupported, match="service db: no node takes it, so its volume data has no place"):
        cluster.deploy(stack)
    assert cluster.swarm.calls == []
