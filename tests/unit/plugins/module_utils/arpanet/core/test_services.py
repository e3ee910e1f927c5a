"""One compose service, key by key, as the Engine's specification."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.services import replicas
from fakes.services import MB, NOTHING, S, at, spec

LIMITS, RESERVATIONS = "TaskTemplate.Resources.Limits", "TaskTemplate.Resources.Reservations"
RESTART, PLACEMENT = "TaskTemplate.RestartPolicy", "TaskTemplate.Placement"
GPUS = [{"discrete_resource_spec": {"kind": "gpu", "value": 2}}]

SERVICE = [
    # what the normalised model says, field, what the Engine is told
    ({}, "Name", "abc_web"),
    ({}, "Mode", {"Replicated": {"Replicas": 1}}),
    ({"scale": 3}, "Mode", {"Replicated": {"Replicas": 3}}),
    ({"scale": 0}, "Mode", {"Replicated": {"Replicas": 0}}),
    ({"deploy": {"replicas": 0}}, "Mode", {"Replicated": {"Replicas": 0}}),
    ({"deploy": {"mode": "global"}}, "Mode", {"Global": {}}),
    ({"deploy": {"mode": "global-job"}}, "Mode", {"GlobalJob": {}}),
    (
        {"deploy": {"mode": "replicated-job", "replicas": 4}},
        "Mode",
        {"ReplicatedJob": {"MaxConcurrent": 4, "TotalCompletions": 4}},
    ),
    (
        {"deploy": {"mode": "replicated-job", "replicas": 0}},
        "Mode",
        {"ReplicatedJob": {"MaxConcurrent": 0, "TotalCompletions": 0}},
    ),
    # resources
    ({}, "TaskTemplate.Resources", NOTHING),
    ({"cpus": 0.5, "mem_limit": str(512 * MB)}, LIMITS, {"NanoCPUs": S // 2, "MemoryBytes": 512 * MB}),
    ({"pids_limit": 100}, LIMITS, {"Pids": 100}),
    ({"pids_limit": -1}, LIMITS, NOTHING),
    ({"mem_reservation": str(MB)}, RESERVATIONS, {"MemoryBytes": MB}),
    (
        {"cpus": 3, "deploy": {"resources": {"limits": {"cpus": 0.5, "memory": str(50 * MB), "pids": 10}}}},
        LIMITS,
        {"NanoCPUs": S // 2, "MemoryBytes": 50 * MB, "Pids": 10},
    ),
    (
        {"deploy": {"resources": {"reservations": {"cpus": 0.25, "generic_resources": GPUS}}}},
        RESERVATIONS,
        {"NanoCPUs": S // 4, "GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 2}}]},
    ),
    # restarts
    ({}, RESTART, {"Condition": "any", "Delay": 2 * S}),
    ({"restart": "no"}, RESTART, {"Condition": "none", "Delay": 2 * S}),
    ({"restart": "always"}, RESTART, {"Condition": "any", "Delay": 2 * S}),
    ({"restart": "unless-stopped"}, RESTART, {"Condition": "any", "Delay": 2 * S}),
    ({"restart": "on-failure"}, RESTART, {"Condition": "on-failure", "Delay": 2 * S}),
    ({"restart": "on-failure:3"}, RESTART, {"Condition": "on-failure", "Delay": 2 * S, "MaxAttempts": 3}),
    (
        {"restart": "no", "deploy": {"restart_policy": {"condition": "on-failure", "delay": "0s", "window": "2m0s"}}},
        RESTART,
        {"Condition": "on-failure", "Delay": 0, "Window": 120 * S},
    ),
    ({"deploy": {"restart_policy": {"max_attempts": 5}}}, f"{RESTART}.MaxAttempts", 5),
    ({"deploy": {"mode": "replicated-job"}}, f"{RESTART}.Condition", "on-failure"),
    ({"restart": "no", "deploy": {"mode": "global-job"}}, f"{RESTART}.Condition", "none"),
    # placement
    ({}, PLACEMENT, NOTHING),
    ({"platform": "linux/arm64/v8"}, PLACEMENT, {"Platforms": [{"OS": "linux", "Architecture": "arm64"}]}),
    ({"platform": "linux"}, PLACEMENT, {"Platforms": [{"OS": "linux"}]}),
    (
        {
            "deploy": {
                "placement": {
                    "constraints": ["node.role==worker", "node.labels.a==1"],
                    "preferences": [{"spread": "node.labels.zone"}],
                    "max_replicas_per_node": 2,
                }
            }
        },
        PLACEMENT,
        {
            "Constraints": ["node.labels.a==1", "node.role==worker"],
            "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
            "MaxReplicas": 2,
        },
    ),
    # networks
    ({"networks": {"default": None}}, "TaskTemplate.Networks", [{"Target": "abc_default"}]),
    (
        {"networks": {"default": None, "back": {"driver_opts": {"mtu": ""}, "aliases": ["x"]}, "outer": {}}},
        "TaskTemplate.Networks",
        [{"Target": "abc_back", "DriverOpts": {"mtu": ""}}, {"Target": "abc_default"}, {"Target": "theirs"}],
    ),
    # logging
    ({}, "TaskTemplate.LogDriver", NOTHING),
    (
        {"logging": {"driver": "json-file", "options": {"max-size": "1m", "tag": ""}}},
        "TaskTemplate.LogDriver",
        {"Name": "json-file", "Options": {"max-size": "1m", "tag": ""}},
    ),
    # ports
    ({}, "EndpointSpec", {"Mode": "dnsrr"}),
    (
        {"ports": [{"mode": "ingress", "target": 80, "protocol": "tcp"}]},
        "EndpointSpec",
        {"Mode": "dnsrr", "Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishMode": "host"}]},
    ),
    (
        {
            "ports": [
                {"mode": "ingress", "target": 81, "published": "9001", "protocol": "udp"},
                {"mode": "host", "target": 80, "published": "8080", "protocol": "tcp"},
            ]
        },
        "EndpointSpec.Ports",
        [
            {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "host"},
            {"Protocol": "udp", "TargetPort": 81, "PublishedPort": 9001, "PublishMode": "host"},
        ],
    ),
]


@pytest.mark.parametrize(("said", "field", "expected"), SERVICE, ids=[str(said)[:60] for said, _, _ in SERVICE])
def test_service(said: dict[str, Any], field: str, expected: Any) -> None:
    assert at(spec(said), field) == expected


def test_ports_through_the_routing_mesh_need_a_virtual_address() -> None:
    found = spec({"ports": [{"mode": "ingress", "target": 80, "published": "80"}]}, publish_mode="ingress")
    assert found["EndpointSpec"]["Mode"] == "vip"
    assert found["EndpointSpec"]["Ports"][0]["PublishMode"] == "ingress"
    on_the_node = spec({"ports": [{"mode": "host", "target": 80, "published": "80"}]}, publish_mode="ingress")
    assert on_the_node["EndpointSpec"]["Mode"] == "dnsrr"


def test_a_task_says_for_which_ports_it_was_made() -> None:
    labels = {
        said: at(spec({"ports": ports}), "TaskTemplate.ContainerSpec.Labels").get(names.LABEL_PORTS)
        for said, ports in {
            "none": [],
            "one": [{"target": 80}],
            "fixed": [{"target": 80, "published": "8080"}],
            "two": [{"target": 81, "protocol": "udp"}, {"target": 80}],
        }.items()
    }
    assert labels == {"none": None, "one": "0:80/tcp", "fixed": "8080:80/tcp", "two": "0:80/tcp,0:81/udp"}


def test_labels_of_containers_and_of_the_service() -> None:
    found = spec(
        {
            "labels": {"a.b": "c", "empty": "", "Runtime": "x", names.LABEL_SERVICE: "mine"},
            "deploy": {"labels": {"x": ""}},
        },
        aliases={"web": ("front", "api")},
    )
    ours = {
        names.LABEL_DEPLOYMENT: "abc",
        names.LABEL_SERVICE: "web",
        names.LABEL_ALIASES: "api,front",
    }
    assert found["TaskTemplate"]["ContainerSpec"]["Labels"] == {"a.b": "c", "empty": "", "Runtime": "x", **ours}
    assert found["Labels"] == {"x": "", **ours}


@pytest.mark.parametrize(
    ("service", "scaled", "expected"),
    [
        ({}, {}, 1),
        ({}, {"web": 4}, 4),
        ({}, {"web": 0}, 0),
        ({"scale": 2}, {"web": 4}, 2),
        ({"deploy": {"replicas": 3}}, {"web": 4}, 3),
        ({"deploy": None}, {}, 1),
        ({"deploy": {"replicas": None}}, {"web": 4}, 4),
    ],
)
def test_replicas(service: dict[str, Any], scaled: dict[str, int], expected: int) -> None:
    assert replicas("web", service, scaled) == expected
