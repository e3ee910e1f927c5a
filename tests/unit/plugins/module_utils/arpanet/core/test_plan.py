"""The difference between what should be and what is: nothing more, nothing less, and no secrets."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plan import (
    CREATE,
    REMOVE,
    UPDATE,
    Actual,
    Change,
    Field,
    Plan,
    as_data,
    as_diff,
    clashing_networks,
    differences,
    flatten,
    plan,
    removal,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.services import Context, service_spec
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.stack import Desired
from fakes import deployment
from hypothesis import given, settings
from hypothesis import strategies as st

Spec = dict[str, Any]
S = 10**9


def spec(service: Spec | None = None, name: str = "web") -> Spec:
    context = Context("abc", networks={"default": "abc_default"}, secrets={"s": "abc_s_01"}, volumes={"d": {}})
    return service_spec(name, {"image": "nginx:1", "networks": {"default": None}, **(service or {})}, context)


def changed(before: Spec, after: Spec) -> dict[str, tuple[Any, Any]]:
    return {field.path: (field.before, field.after) for field in differences(before, after)}


# A deployment that a real Engine reported


def test_nothing_to_do_for_what_was_just_deployed() -> None:
    assert plan(deployment.wanted(), deployment.engine().actual("abc")) == Plan(())


def test_every_field_of_a_service_has_a_name_of_its_own() -> None:
    for found in (deployment.wanted().services, deployment.engine().actual("abc").services):
        for one in found.values():
            assert len(changed({}, one)) == len(flatten(one))


def test_names_that_users_know() -> None:
    shown = set(changed({}, deployment.spec_of("everything")))
    known = {"image", "command", "entrypoint", "mounts", "networks", "ports", "replicas", "labels.a.b"}
    assert known | {"deploy.labels.x", "environment.A", "LogDriver.Options.max-size", "secrets"} <= shown
    assert not [path for path in shown if path.startswith(("TaskTemplate", "ContainerSpec"))]


def edit(service: str, **keys: Any) -> Callable[[Spec], None]:
    return lambda model: model["services"][service].update(keys)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param(edit("nothing", image="example.net/redis:8"), {"image"}, id="image"),
        pytest.param(edit("nothing", environment={"A": ""}), {"environment.A"}, id="an empty variable"),
        pytest.param(edit("nothing", init=False), {"Init"}, id="no init"),
        pytest.param(edit("nothing", stop_grace_period="0s"), {"StopGracePeriod"}, id="no grace"),
        pytest.param(edit("nothing", entrypoint=[]), {"entrypoint"}, id="an empty entry point"),
        pytest.param(edit("nothing", labels={"a": ""}), {"labels.a"}, id="an empty label"),
        pytest.param(edit("nothing", deploy={"replicas": 0}), {"replicas"}, id="no replicas"),
        pytest.param(edit("nothing", scale=2), {"replicas"}, id="scale"),
        pytest.param(edit("nothing", deploy={"labels": {"a": "b"}}), {"deploy.labels.a"}, id="a label of the service"),
        pytest.param(
            edit("nothing", deploy={"restart_policy": {"delay": "0s"}}), {"RestartPolicy.Delay"}, id="no delay"
        ),
        pytest.param(
            edit("nothing", deploy={"update_config": {"parallelism": 0}}),
            {"UpdateConfig.Parallelism"},
            id="parallelism",
        ),
        pytest.param(
            edit("nothing", deploy={"mode": "global"}), {"replicas", "Mode.Global", "Hostname"}, id="everywhere"
        ),
        pytest.param(edit("nothing", ports=[{"target": 80}]), {"ports"}, id="a port"),
        pytest.param(edit("nothing", networks={"back": None}), {"networks", "DNSConfig.Search"}, id="another network"),
        pytest.param(edit("nothing", ulimits={"nofile": 5}), {"Ulimits"}, id="ulimits"),
        pytest.param(edit("everything", shm_size=None), {"mounts"}, id="less shared memory"),
        pytest.param(edit("everything", group_add=None), {"Groups"}, id="no groups"),
        pytest.param(edit("everything", healthcheck={"disable": True}), None, id="no health check"),
    ],
)
def test_one_change_of_the_stack_is_one_change_of_the_plan(
    change: Callable[[Spec], None], fields: set[str] | None
) -> None:
    model = deployment.model()
    change(model)
    found = plan(deployment.wanted(model), deployment.engine().actual("abc"))
    (only,) = found.changes
    assert (only.kind, only.action) == ("service", UPDATE)
    shown = {field.path for field in only.fields}
    assert shown == fields if fields else all(path.startswith("Healthcheck.") for path in shown)


def test_a_service_more_and_one_less() -> None:
    model = deployment.model()
    model["services"]["new"] = model["services"].pop("nothing")
    found = plan(deployment.wanted(model), deployment.engine().actual("abc"))
    assert [(change.kind, change.action, change.name) for change in found.changes] == [
        ("service", CREATE, "abc_new"),
        ("service", REMOVE, "abc_nothing"),
    ]


def test_a_secret_that_changed_is_a_new_one() -> None:
    model = deployment.model()
    model["secrets"]["words"]["data"] = "bmV3"
    actual = deployment.engine().actual("abc")
    found = plan(deployment.wanted(model), actual)
    assert sorted((change.kind, change.action) for change in found.changes) == [
        ("secret", CREATE),
        ("secret", REMOVE),
        ("service", UPDATE),
    ]
    assert found.of("service", UPDATE) == ["abc_everything"]
    kept = replace(deployment.wanted(model), kept=actual.secrets)
    assert plan(kept, actual).of("secret", REMOVE) == []


def test_to_nothing_and_from_nothing() -> None:
    actual, wanted = deployment.engine().actual("abc"), deployment.wanted()
    gone, made = removal(actual), plan(wanted, Actual())
    assert {(change.kind, change.name) for change in gone.changes} == {
        (change.kind, change.name) for change in made.changes
    }
    assert {change.action for change in gone.changes} == {REMOVE}
    assert {change.action for change in made.changes} == {CREATE}
    assert bool(gone) and not removal(Actual())


# What restarts


@pytest.mark.parametrize(
    ("service", "restarts"),
    [
        ({"image": "nginx:2"}, True),
        ({"environment": {"A": "1"}}, True),
        ({"labels": {"a": "b"}}, True),
        ({"ports": [{"target": 80}]}, True),
        ({"restart": "no"}, True),
        ({"logging": {"driver": "syslog"}}, True),
        ({"cpus": 0.5}, True),
        ({"deploy": {"placement": {"constraints": ["node.role==worker"]}}}, True),
        ({"deploy": {"mode": "global"}}, True),
        ({"deploy": {"mode": "replicated-job", "restart_policy": {"condition": "any"}}}, True),
        ({"scale": 3}, False),
        ({"deploy": {"labels": {"a": "b"}}}, False),
        ({"deploy": {"update_config": {"parallelism": 3}}}, False),
        ({"deploy": {"rollback_config": {"parallelism": 3}}}, False),
    ],
    ids=str,
)
def test_instances_restart_when_their_template_or_ports_change(service: Spec, restarts: bool) -> None:
    (only,) = plan(Desired("abc", {"abc_web": spec(service)}, {}), Actual({"abc_web": spec()})).changes
    assert only.restarts is restarts


def test_a_service_whose_update_was_given_up_is_sent_once_more() -> None:
    same = Actual({"abc_web": spec()}, given_up={"abc_web": "rollback_completed"})
    (only,) = plan(Desired("abc", {"abc_web": spec()}, {}), same).changes
    assert only == Change("service", "abc_web", UPDATE, (Field("UpdateStatus", "rollback_completed", None),))


# The Engine's own way to say the same


def reported(one: Spec, names_of_extras: list[str]) -> Spec:
    """A specification as the Engine would report it: with its additions, without what is nothing, in its order."""
    found = copy.deepcopy(one)
    template = found["TaskTemplate"]
    found["Labels"][names.LABEL_REVISION] = "7"
    template |= {"ForceUpdate": 4, "Runtime": "container"}
    template["ContainerSpec"]["Isolation"] = "default"
    for reference in template["ContainerSpec"].get("Secrets", []):
        reference["SecretID"] = "0123456789"
    extras: dict[str, Callable[[], Any]] = {
        "resources": lambda: template.setdefault("Resources", {"Limits": {}, "Reservations": {}}),
        "placement": lambda: template.setdefault("Placement", {}),
        "dns": lambda: template["ContainerSpec"].setdefault("DNSConfig", {}),
        "attempts": lambda: template["RestartPolicy"].setdefault("MaxAttempts", 0),
        "ratio": lambda: found.get("UpdateConfig", {}).setdefault("MaxFailureRatio", 0),
        "null": lambda: template["ContainerSpec"].setdefault("Privileges", None),
        "empty": lambda: template["ContainerSpec"].setdefault("Groups", []),
    }
    for name in names_of_extras:
        extras[name]()
    return json.loads(json.dumps(dict(reversed(found.items()))))


NAMES = st.sampled_from(["a", "b.c", "PASSWORD", "Runtime"])
TEXT = st.sampled_from(["", "x", "y"])
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(["nginx:1", "nginx:2"]),
        "command": st.sampled_from([None, [], ["x"]]),
        "entrypoint": st.sampled_from([None, [], ["x"]]),
        "environment": st.dictionaries(NAMES, st.none() | TEXT),
        "labels": st.dictionaries(NAMES, TEXT),
        "sysctls": st.dictionaries(NAMES, TEXT),
        "init": st.sampled_from([None, True, False]),
        "stop_grace_period": st.sampled_from([None, "0s", "5s"]),
        "restart": st.sampled_from(["no", "always", "on-failure:2"]),
        "ports": st.lists(
            st.fixed_dictionaries({"target": st.integers(1, 3)}, optional={"published": st.sampled_from(["80", "81"])}),
            max_size=2,
        ),
        "tmpfs": st.lists(st.sampled_from(["/a", "/b:size=1m"]), unique=True),
        "secrets": st.just([{"source": "s", "target": "/run/s"}]),
        "healthcheck": st.sampled_from([None, {"disable": True}, {"test": ["CMD", "x"], "interval": "1s"}]),
        "logging": st.fixed_dictionaries({"driver": st.just("x")}, optional={"options": st.dictionaries(NAMES, TEXT)}),
        "deploy": st.fixed_dictionaries(
            {},
            optional={
                "mode": st.sampled_from(["replicated", "global", "replicated-job", "global-job"]),
                "replicas": st.integers(0, 2),
                "labels": st.dictionaries(NAMES, TEXT),
                "restart_policy": st.fixed_dictionaries({}, optional={"delay": st.sampled_from(["0s", "1s"])}),
                "update_config": st.fixed_dictionaries({}, optional={"parallelism": st.integers(0, 2)}),
            },
        ),
    },
)
EXTRAS = st.lists(st.sampled_from(["resources", "placement", "dns", "attempts", "ratio", "null", "empty"]), unique=True)


@settings(max_examples=150)
@given(SERVICES, EXTRAS)
def test_what_the_engine_reports_of_a_service_is_no_change(service: Spec, extras: list[str]) -> None:
    wanted = spec(service)
    assert differences(reported(wanted, extras), wanted) == ()
    assert plan(Desired("abc", {"abc_web": wanted}, {}), Actual({"abc_web": reported(wanted, extras)})) == Plan(())


@settings(max_examples=150)
@given(SERVICES, SERVICES)
def test_a_plan_names_exactly_what_differs(one: Spec, other: Spec) -> None:
    before, after = spec(one), spec(other)
    old, new = flatten(before), flatten(after)
    found = differences(before, after)
    assert (found == ()) is (old == new)
    assert len({field.path for field in found}) == len(found)
    # Changing the differing fields of the one, and nothing else, makes the other.
    paths = [path for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    assert len(paths) == len(found)
    applied = {**old, **{path: new.get(path) for path in paths}}
    assert {path: value for path, value in applied.items() if value is not None} == new
    # The way back is the same way.
    assert [field.path for field in differences(after, before)] == [field.path for field in found]


# Secrets


SECRET = "hunter2"


@pytest.mark.parametrize(
    "service",
    [
        {"environment": {"DB_PASSWORD": SECRET}},
        {"environment": {"api_key": SECRET}},
        {"environment": {"DATABASE_URL": f"postgres://me:{SECRET}@db/x"}},
        {"labels": {"traefik.basicauth.users": SECRET}},
        {"deploy": {"labels": {"token": SECRET}}},
        {"logging": {"driver": "splunk", "options": {"splunk-token": SECRET}}},
        {"command": ["server", f"--password={SECRET}"]},
        {"healthcheck": {"test": ["CMD-SHELL", f"redis-cli -u redis://x:{SECRET}@localhost ping"]}},
    ],
    ids=str,
)
@pytest.mark.parametrize("other", [None, "changeme", ""], ids=["created", "changed", "emptied"])
def test_no_secret_is_shown(service: Spec, other: str | None) -> None:
    wanted = Desired("abc", {"abc_web": spec(service)}, {})
    before = {} if other is None else {"abc_web": spec(json.loads(json.dumps(service).replace(SECRET, other)))}
    found = plan(wanted, Actual(before))
    assert found
    for shown in (as_diff(found), as_data(found)):
        assert SECRET not in json.dumps(shown)
    if before:
        (only,) = found.changes
        assert all(field.before != field.after for field in only.fields)


def test_that_a_secret_differs_is_said() -> None:
    before, after = (spec({"environment": {"TOKEN": value}}) for value in ("a", "b"))
    assert changed(before, after) == {"environment.TOKEN": ("(hidden)", "(hidden), changed")}
    assert changed(spec(), after) == {"environment.TOKEN": (None, "(hidden)")}
    assert changed(after, spec()) == {"environment.TOKEN": ("(hidden)", None)}


def test_the_name_of_a_secret_is_no_secret() -> None:
    after = spec({"secrets": [{"source": "s", "target": "/run/s"}]})
    ((_, shown),) = changed(spec(), after).values()
    assert shown[0]["SecretName"] == "abc_s_01"


def test_a_variable_without_a_value_and_an_empty_one() -> None:
    before, after = (spec({"environment": {"A": value}}) for value in ("", None))
    assert changed(before, after) == {"environment.A": ("", "(unset)")}


# As people and as programs see it


def test_a_diff_has_what_changes_before_and_after() -> None:
    found = Plan(
        (
            Change("network", "abc_default", CREATE, (Field("subnet", None, "10.32.0.0/26"),)),
            Change("service", "abc_web", UPDATE, (Field("image", "a", "b"), Field("Init", None, False))),
            Change("service", "abc_old", REMOVE),
        )
    )
    assert as_diff(found) == {
        "before": {"services": {"abc_web": {"image": "a"}, "abc_old": {}}},
        "after": {
            "networks": {"abc_default": {"subnet": "10.32.0.0/26"}},
            "services": {"abc_web": {"image": "b", "Init": False}},
        },
    }
    assert as_data(found)[1] == {
        "kind": "service",
        "name": "abc_web",
        "action": UPDATE,
        "restarts": False,
        "fields": {"image": ["a", "b"], "Init": [None, False]},
    }


def test_a_new_service_is_shown_by_what_is_its_own() -> None:
    shown = as_diff(plan(Desired("abc", {"abc_web": spec({"labels": {"a": "b"}})}, {}), Actual()))
    assert shown["after"]["services"]["abc_web"] == {
        "image": "nginx:1",
        "labels.a": "b",
        "networks": [{"Target": "abc_default"}],
        "replicas": 1,
    }


def test_a_plan_by_kind_and_action() -> None:
    found = plan(deployment.wanted(), Actual())
    assert found.of("network", CREATE) == ["abc_back", "abc_default"]
    assert found.of("network", UPDATE, REMOVE) == []
    assert len(found.of("service", CREATE, UPDATE)) == 8


# Networks cannot change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({}, [], id="as it is"),
        pytest.param({"Labels": {"other": "x"}}, [], id="labels"),
        pytest.param({"Internal": False}, ["abc_back (internal True -> False)"], id="internal"),
        pytest.param({"Attachable": True}, ["abc_back (attachable False -> True)"], id="attachable"),
        pytest.param(
            {"Options": {}}, ["abc_back (options {'com.docker.network.driver.mtu': '1400'} -> {})"], id="options"
        ),
    ],
)
def test_clashing_networks(change: Spec, said: list[str]) -> None:
    wanted = deployment.wanted()
    networks = {**wanted.networks, "abc_back": {**wanted.networks["abc_back"], **change}}
    assert clashing_networks(replace(wanted, networks=networks), deployment.engine().actual("abc")) == said


def test_a_stated_vxlan_is_no_clash() -> None:
    wanted = deployment.wanted()
    options = {**wanted.networks["abc_back"]["Options"], "com.docker.network.driver.overlay.vxlanid_list": "4097"}
    networks = {**wanted.networks, "abc_back": {**wanted.networks["abc_back"], "Options": options}}
    assert clashing_networks(replace(wanted, networks=networks), deployment.engine().actual("abc")) == []


def test_a_network_on_another_subnet_clashes() -> None:
    wanted, actual = deployment.wanted(), deployment.engine().actual("abc")
    other = {**wanted.networks["abc_back"], "IPAM": {"Config": [{"Subnet": "10.99.0.0/26"}]}}
    (line,) = clashing_networks(replace(wanted, networks={"abc_back": other}), actual)
    assert line.startswith("abc_back (subnet 10.")
    assert line.endswith(" -> 10.99.0.0/26)")


def test_a_new_network_clashes_with_nothing() -> None:
    assert clashing_networks(deployment.wanted(), Actual()) == []
