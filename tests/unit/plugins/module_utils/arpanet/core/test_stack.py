"""A normalised model as everything that a deployment consists of."""

from __future__ import annotations

import base64
import json
from ipaddress import IPv4Network
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.names import InvalidName
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.stack import (
    Desired,
    aliases,
    check,
    content_hash,
    desired,
    network_spec,
    network_tasks,
    own_networks,
    stuck_updates,
    tasks_on,
    without_secrets,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported

Spec = dict[str, Any]
OURS = {names.LABEL_DEPLOYMENT: "abc"}


def model(services: Spec | None = None, **top: Any) -> Spec:
    on = {"networks": {"default": None}}
    found = {name: {"image": "x", **on, **body} for name, body in (services or {"web": {}}).items()}
    return {"name": "abc", "services": found, "networks": {"default": {"name": "abc_default"}}, **top}


def of(stack: Spec, **options: Any) -> Desired:
    subnets = {name: f"10.32.{number}.0/26" for number, name in enumerate(own_networks(stack))}
    return desired(stack, "abc", subnets, **options)


def refused(stack: Spec) -> str:
    with pytest.raises(Unsupported) as raised:
        of(stack)
    return str(raised.value)


# Everything by its name in the Engine


def test_a_deployment() -> None:
    stack = model(
        {"web": {"secrets": [{"source": "key"}]}, "my.db": {"networks": {"back": None, "theirs": None}}},
        networks={
            "default": {"name": "abc_default"},
            "back": {"name": "abc_back"},
            "theirs": {"name": "outer", "external": True},
        },
        secrets={"key": {"name": "abc_key", "data": "eA=="}, "other": {"name": "their_key", "external": True}},
        configs={"conf": {"data": "eQ==", "labels": {"a": ""}, "template_driver": "golang"}},
    )
    found = of(stack)
    assert found.deployment == "abc"
    assert set(found.services) == {"abc_web", "abc_my-db"}
    assert set(found.networks) == {"abc_default", "abc_back"}
    targets = [network["Target"] for network in found.services["abc_my-db"]["TaskTemplate"]["Networks"]]
    assert targets == ["abc_back", "outer"]
    name = f"abc_key_{content_hash('eA==')}"
    assert found.secrets == {name: {"Name": name, "Labels": OURS, "Data": "eA=="}}
    (conf,) = found.configs.values()
    assert conf["Labels"] == {"a": "", **OURS}
    assert conf["Templating"] == {"Name": "golang"}
    assert found.warnings == ()


def test_images_and_numbers_from_elsewhere() -> None:
    found = of(model(), images={"web": "x@sha256:01"}, scaled={"web": 3}).services["abc_web"]
    assert found["TaskTemplate"]["ContainerSpec"]["Image"] == "x@sha256:01"
    assert found["Mode"] == {"Replicated": {"Replicas": 3}}


def test_two_deployments_of_one_stack_share_nothing() -> None:
    stack = model({"web": {"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}})
    stack |= {"volumes": {"data": {"name": "abc_data"}}, "secrets": {"s": {"data": "eA=="}}}
    one, other = (desired(stack, name, {"default": "10.32.0.0/26"}) for name in ("abc", "xyz"))
    for kind in ("services", "networks", "secrets", "configs"):
        assert not getattr(one, kind).keys() & getattr(other, kind).keys()
    (mount,) = other.services["xyz_web"]["TaskTemplate"]["ContainerSpec"]["Mounts"]
    assert mount["Source"] == "xyz_data"


@pytest.mark.parametrize(
    ("condition", "mode"),
    [
        ("service_started", "Replicated"),
        ("service_healthy", "Replicated"),
        ("service_completed_successfully", "ReplicatedJob"),
    ],
)
def test_a_service_that_others_wait_for_to_complete_is_a_job(condition: str, mode: str) -> None:
    stack = model({"web": {"depends_on": {"migrate": {"condition": condition, "required": True}}}, "migrate": {}})
    found = of(stack)
    assert set(found.services["abc_migrate"]["Mode"]) == {mode}
    assert found.waits == {"abc_web": {"abc_migrate": condition}, "abc_migrate": {}}


# Networks


def test_a_network_on_its_subnet() -> None:
    body = {"labels": {"a": "b"}, "internal": True, "attachable": True, "driver_opts": {"mtu": 1400}}
    assert network_spec("abc", "back", body, "10.32.0.64/26") == {
        "Name": "abc_back",
        "Driver": "overlay",
        "Labels": {"a": "b", **OURS},
        "Internal": True,
        "Attachable": True,
        "Options": {"mtu": "1400"},
        "IPAM": {"Config": [{"Subnet": "10.32.0.64/26", "IPRange": "10.32.0.96/27", "Gateway": "10.32.0.65"}]},
    }


@pytest.mark.parametrize("subnet", ["10.32.0.0/26", "10.48.0.0/16", "10.0.0.8/29"])
def test_the_gateway_is_not_in_what_swarm_hands_out(subnet: str) -> None:
    (config,) = network_spec("abc", "default", {}, subnet)["IPAM"]["Config"]
    gateway, handed_out = IPv4Network(f"{config['Gateway']}/32"), IPv4Network(config["IPRange"])
    assert gateway.subnet_of(IPv4Network(subnet))
    assert handed_out.subnet_of(IPv4Network(subnet))
    assert not gateway.overlaps(handed_out)


def test_own_networks_are_those_that_need_a_subnet() -> None:
    stack = model(networks={"b": None, "a": {}, "theirs": {"external": True}})
    assert own_networks(stack) == ["a", "b"]
    assert own_networks({"services": {}}) == []


def test_how_much_is_on_each_network() -> None:
    stack = model(
        {
            "web": {"deploy": {"replicas": 3}, "networks": {"default": None, "back": None}},
            "db": {"scale": 2, "networks": {"back": {}}},
            "agent": {"deploy": {"mode": "global"}},
            "job": {"deploy": {"mode": "replicated-job", "replicas": 4}},
            "alone": {"networks": None},
            "off": {"deploy": {"replicas": 0}},
        },
        networks={"default": {}, "back": {}, "theirs": {"external": True}},
    )
    assert network_tasks(stack) == {
        "back": {"tasks": 5, "everywhere": 0},
        "default": {"tasks": 7, "everywhere": 1},
    }
    services = of(stack).services
    assert tasks_on(services, "abc_back", nodes=5) == 5
    assert tasks_on(services, "abc_default", nodes=5) == 12
    assert tasks_on(services, "abc_nothing", nodes=5) == 0


# Names


def test_further_names_of_a_service() -> None:
    services: Spec = {
        "web": {"links": ["my_db:Database", "cache", "gone:x"]},
        "my_db": {"networks": {"default": {"aliases": ["db.example", "my_db", "DB"]}, "back": None}},
        "cache": {"networks": {"default": {"aliases": []}}},
    }
    assert aliases(services) == {"my_db": ("database", "db", "db.example")}


def test_an_alias_without_a_dns_name() -> None:
    with pytest.raises(InvalidName, match="'_x' has no DNS name"):
        aliases({"web": {"networks": {"default": {"aliases": ["_x"]}}}})


@pytest.mark.parametrize(
    ("services", "said"),
    [
        pytest.param({"a.b": {}, "a_b": {}}, "services a.b and a_b would both answer to the DNS name a-b", id="label"),
        pytest.param(
            {"web": {"links": ["db:cache"]}, "db": {}, "cache": {}},
            "service web: link db:cache calls db 'cache', which is cache in this deployment",
            id="an alias that is another service",
        ),
        pytest.param(
            {"web": {"links": ["one:db"]}, "api": {"links": ["two:db"]}, "one": {}, "two": {}},
            "service web: link one:db calls one 'db', which is two in this deployment",
            id="one alias, two services",
        ),
    ],
)
def test_a_name_means_one_service(services: Spec, said: str) -> None:
    assert said in refused(model(services))


def test_links_that_agree() -> None:
    stack = model({"web": {"links": ["one:db", "one"]}, "api": {"links": ["one:db", "one:one"]}, "one": {}})
    assert check(stack) == []


# What cannot be, and what is not


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        pytest.param({"services": {}}, "the stack has no services", id="no services"),
        pytest.param({"services": None}, "the stack has no services", id="nothing"),
        pytest.param(
            {"services": {"web": {"command": "x"}}}, "service web has neither 'image' nor 'build'", id="no image"
        ),
        pytest.param(
            model({"web": {"deploy": {"placement": {"constraints": ["node.name==n1"]}}}}),
            "service web: placement constraint 'node.name==n1' is not of the form",
            id="a constraint that Swarm does not know",
        ),
        pytest.param(
            model(secrets={"s": {"data": base64.b64encode(b"x" * 512_001).decode()}}),
            "secret s has 512001 bytes: Swarm keeps from 1 to 512000",
            id="a large secret",
        ),
        pytest.param(model(secrets={"s": {"data": ""}}), "secret s has 0 bytes", id="an empty secret"),
        pytest.param(
            model(configs={"c": {"data": base64.b64encode(b"x" * 1_024_001).decode()}}),
            "config c has 1024001 bytes: Swarm keeps from 1 to 1024000",
            id="a large config",
        ),
        pytest.param(
            model(secrets={"s" * 60: {"data": "eA=="}}), "which is longer than 64", id="a secret with a long name"
        ),
        pytest.param(
            {
                **model({"web": {"volumes": [{"type": "bind", "source": "/srv/shop/src", "target": "/x"}]}}),
                "x-arpanet-directory": "/srv/shop",
            },
            "service web: volume /srv/shop/src is in the stack's directory, which the nodes do not have",
            id="a bind of the stack's directory",
        ),
    ],
)
def test_refused(stack: Spec, said: str) -> None:
    assert said in refused(stack)


def test_a_bind_of_a_directory_beside_the_stacks() -> None:
    stack = model({"web": {"volumes": [{"type": "bind", "source": "/srv/shop2", "target": "/x"}]}})
    assert check({**stack, "x-arpanet-directory": "/srv/shop"}) == []


def test_names_that_a_deployment_cannot_have() -> None:
    stack = model(
        networks={"default": {"name": "abc_default"}, "a": {"name": "shared"}, "b": {"name": "b"}},
        volumes={"data": {"name": "abc_data"}, "old": {"name": "x"}, "theirs": {"name": "y", "external": True}},
    )
    assert check(stack) == [
        "network a: 'name: shared' is ignored: each deployment has its own, called after its id",
        "volume old: 'name: x' is ignored: each deployment has its own, called after its id",
    ]


def test_security_options_that_swarm_does_not_take() -> None:
    (line,) = check(model({"web": {"security_opt": ["no-new-privileges:true", "label:disable"]}}))
    assert line.startswith("service web: security_opt label:disable is ignored: Swarm takes no-new-privileges")


def test_a_network_that_moves_keeps_its_name() -> None:
    assert check(model(networks={"default.g2": {"name": "abc_default"}})) == []


# What is never shown


def test_a_model_without_secrets() -> None:
    stack = model(
        {
            "web": {
                "environment": {"DB_PASSWORD": "hunter2", "USER": "me", "URL": "https://me:hunter2@host"},
                "build": {"context": ".", "args": {"NPM_TOKEN": "hunter2"}},
                "command": ["--password=hunter2"],
                "labels": {"auth": "hunter2"},
            }
        },
        secrets={"s": {"file": "/x", "data": "aHVudGVyMg=="}, "e": {"environment": "S", "data": "aHVudGVyMg=="}},
        configs={"c": {"content": "hunter2", "data": "aHVudGVyMg=="}},
    )
    before = json.dumps(stack)
    shown = without_secrets(stack)
    for secret in ("hunter2", "aHVudGVyMg=="):
        assert secret not in json.dumps(shown)
    assert shown["services"]["web"]["environment"]["USER"] == "me"
    assert shown["secrets"] == {"s": {"file": "/x"}, "e": {"environment": "S"}}
    assert json.dumps(stack) == before


def test_content_hash() -> None:
    assert content_hash("x") == content_hash(b"x") != content_hash("y")
    assert len(content_hash("")) == 12


@pytest.mark.parametrize(
    ("port", "order", "told"),
    [
        ({"published": "80"}, "start-first", 1),
        ({"published": "80"}, "stop-first", 0),
        ({}, "start-first", 0),
    ],
)
def test_an_update_that_may_never_find_a_node_is_told(port: Spec, order: str, told: int) -> None:
    body = {"ports": [{"target": 80, **port}], "deploy": {"update_config": {"order": order}}}
    found = stuck_updates(of(model({"web": body})).services)
    assert len(found) == told
    assert not told or "service web: port 80 is fixed" in found[0]
    assert stuck_updates(of(model({"web": body}), publish_mode="ingress").services) == []
