"""Converge, scale, roll back, remove: what is asked of a Swarm and of Consul, and what is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import (
    arrival,
    deployments,
    rollout,
    telling,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.arrival import RolloutError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import ImageRefused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pins import NoImage
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pulls import Pulls
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.revisions import NoRevision
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rollout import Rollout
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.stack import own_networks
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import Request, parse_pool
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from fakes.swarm import ConsulOf, FakeSwarm

Spec = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (arrival, rollout):
        monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 0.0)


def model(**services: Spec) -> Spec:
    on = {"networks": {"default": None}}
    return {
        "name": "abc",
        "services": {name: {"image": "nginx:1", **on, **body} for name, body in services.items()},
        "networks": {"default": {"name": "abc_default"}},
    }


@dataclass
class Cluster:
    """A Swarm, its Consul, and deployment `abc`."""

    swarm: FakeSwarm = field(default_factory=FakeSwarm)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.consul = ConsulOf(self.swarm)
        self.store = SubnetStore(self.consul, parse_pool("default", "10.32.0.0/12"))

    @property
    def rollout(self) -> Rollout:
        return Rollout(self.swarm, self.consul, "abc", self.told.append)

    def deploy(self, stack: Spec, check: bool = False, prefix: int = 26, timeout: float = 5, **options: Any) -> Spec:
        subnets = {name: str(self.store.allocate(Request(f"abc/{name}", prefix))) for name in own_networks(stack)}
        self.swarm.calls.clear()
        return deployments.converge(
            self.rollout,
            stack,
            "shop",
            subnets,
            allocated=options.get("allocated", ()),
            driver="overlay",
            publish_mode="host",
            move_volumes=options.get("move_volumes", frozenset()),
            timeout=timeout,
            check=check,
        )

    def does(self, call: Callable[..., Spec], *arguments: Any, check: bool = False, timeout: float = 5) -> Spec:
        self.swarm.calls.clear()
        return call(self.rollout, *arguments, timeout, check)

    def scale(self, check: bool = False, **counts: int) -> Spec:
        return self.does(deployments.scale, counts, check=check)

    def images(self) -> dict[str, str]:
        return {
            name: service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
            for name, service in self.swarm.services("abc").items()
        }


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


# Converging


def test_a_first_deploy(cluster: Cluster) -> None:
    result = cluster.deploy(model(web={"scale": 2}, db={}))
    assert result["changed"] and result["revision"] == 1
    assert cluster.swarm.calls[:3] == ["create network abc_default", "create service abc_db", "create service abc_web"]
    assert [where["instance"] for where in result["placements"]] == ["1.db.abc", "1.web.abc", "2.web.abc"]
    record = cluster.rollout.record()
    assert (record.stack, record.services, record.revision) == ("shop", {"web": 2, "db": 1}, 1)
    assert set(record.networks) == {"default"}


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


# When it fails


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


def test_a_program_that_ends_at_once_has_not_arrived(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 0.2)
    asked = 0
    tasks = cluster.swarm.tasks

    def ending(deployment: str) -> list[Spec]:
        nonlocal asked
        asked += 1
        if asked == 3:
            cluster.swarm.end_all("task: non-zero exit (3)")
        return tasks(deployment)

    monkeypatch.setattr(cluster.swarm, "tasks", ending)
    with pytest.raises(RolloutError, match=r"0 of 1 instances arrived.*non-zero exit \(3\).*no revision to go back to"):
        cluster.deploy(model(web={}), timeout=0.5)


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_swarms_clock_may_be_another_than_ours(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    cluster.swarm.skew = timedelta(hours=hours)
    with pytest.raises(RolloutError, match=r"0 of 1 instances arrived: instance 1 on node2: task: non-zero exit"):
        cluster.deploy(model(web={"image": "nginx:crash"}), timeout=60)
    # The same failures are old ones for whoever comes later, and nothing to give up for at once.
    with pytest.raises(RolloutError, match=r"0 of 1 instances arrived after 0 s"):
        cluster.deploy(model(web={"image": "nginx:crash"}), timeout=0.2)
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 0.3)
    began = time.monotonic()
    cluster.deploy(model(web={}))
    assert time.monotonic() - began >= 0.3, "what has just started is watched"


def test_what_runs_already_is_not_watched(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.deploy(model(web={}))
    monkeypatch.setattr(arrival, "STEADY_SECONDS", 3600)
    cluster.swarm.age_all()
    assert not cluster.deploy(model(web={}))["changed"]


def test_who_watches_hears_the_plan_and_then_how_far_it_is(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "TELL_SECONDS", 0.0)
    cluster.consul.awake = False
    with pytest.raises(RolloutError):
        cluster.deploy(model(web={}), timeout=0.1)
    assert cluster.told[:2] == ["+ network abc_default", "+ service abc_web"]
    assert "web 1/1 running" in cluster.told
    assert any(line.startswith("1.web.abc runs on node2 but is not in Consul") for line in cluster.told)
    assert len(cluster.told) == len(set(cluster.told))


def test_who_watches_is_not_flooded(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "TELL_SECONDS", 3600)
    cluster.consul.awake = False
    with pytest.raises(RolloutError):
        cluster.deploy(model(web={}), timeout=0.1)
    assert len(cluster.told) == 4


def test_check_mode_tells_nothing(cluster: Cluster) -> None:
    cluster.deploy(model(web={}), check=True)
    assert cluster.told == []


def test_an_agent_that_sleeps(cluster: Cluster) -> None:
    cluster.consul.awake = False
    with pytest.raises(RolloutError, match=r"1\.web\.abc runs on node2 but is not in Consul: is arpanet-agent running"):
        cluster.deploy(model(web={}), timeout=0.05)


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


# Scaling


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


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"nope": 2}, "there is no service 'nope'; it has agent, job, web"),
        ({"agent": 2}, "service agent runs once on every node: it cannot be scaled"),
        ({"job": 2}, "service job is a job, which runs to its end: it cannot be scaled"),
        ({"web": -1}, "service web: -1 is no number of instances"),
    ],
)
def test_what_cannot_be_scaled(cluster: Cluster, counts: dict[str, int], said: str) -> None:
    cluster.deploy(model(web={}, agent={"deploy": {"mode": "global"}}, job={"deploy": {"mode": "replicated-job"}}))
    with pytest.raises(RolloutError) as raised:
        cluster.scale(**counts)
    assert str(raised.value) == said
    assert cluster.swarm.calls == []


def test_scale_of_what_does_not_run_here(cluster: Cluster) -> None:
    with pytest.raises(RolloutError, match=r"it does not run here: see status\.yml"):
        cluster.scale(web=2)


def test_scale_beyond_the_subnet(cluster: Cluster) -> None:
    cluster.deploy(model(web={}))
    with pytest.raises(SubnetError, match=r"2 nodes \+ 2.80 tasks = 162 addresses, subnet .* hands out 31"):
        cluster.scale(web=80)


# Going back


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


# Removing


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
