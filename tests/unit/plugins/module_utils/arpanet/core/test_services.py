"""One compose service, key by key, as the Engine's specification."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.services import (
    LONGEST_HOSTNAME,
    Context,
    fitted,
    replicas,
    service_spec,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported

S = 10**9
MB = 2**20
NOTHING = object()

CONTEXT: dict[str, Any] = {
    "deployment": "abc",
    "networks": {"default": "abc_default", "back": "abc_back", "outer": "theirs"},
    "secrets": {"key": "abc_key_0123", "theirs": "theirs"},
    "configs": {"nginx": "abc_nginx_4567"},
    "volumes": {
        "data": {"name": "abc_data"},
        "nfs": {"name": "x", "driver": "local", "driver_opts": {"type": "nfs", "o": ""}, "labels": {"a": ""}},
        "old": {"name": "old-data", "external": True},
    },
}


def spec(service: dict[str, Any], name: str = "web", **context: Any) -> dict[str, Any]:
    return service_spec(name, {"image": "nginx", **service}, Context(**{**CONTEXT, **context}))


def at(found: Any, path: str) -> Any:
    for step in path.split("."):
        found = found.get(step, NOTHING) if isinstance(found, dict) else NOTHING
    return found


CONTAINER = [
    # key, what the normalised model says, field, what the Engine is told
    ("image", "nginx:1", "Image", "nginx:1"),
    ("command", ["echo", "a b"], "Args", ["echo", "a b"]),
    ("command", None, "Args", NOTHING),
    ("command", [], "Args", NOTHING),
    ("entrypoint", ["/bin/sh", "-c", "x"], "Command", ["/bin/sh", "-c", "x"]),
    ("entrypoint", None, "Command", NOTHING),
    ("entrypoint", [], "Command", [""]),
    ("environment", {"B": "2", "A": "1=1", "E": ""}, "Env", ["A=1=1", "B=2", "E="]),
    ("environment", {"GONE": None}, "Env", ["GONE"]),
    ("environment", {}, "Env", NOTHING),
    ("hostname", "here", "Hostname", "here"),
    ("working_dir", "/srv", "Dir", "/srv"),
    ("user", "1000:1000", "User", "1000:1000"),
    ("group_add", ["mail", 5], "Groups", ["mail", "5"]),
    ("tty", True, "TTY", True),
    ("tty", False, "TTY", NOTHING),
    ("stdin_open", True, "OpenStdin", True),
    ("read_only", True, "ReadOnly", True),
    ("init", True, "Init", True),
    ("init", False, "Init", False),
    ("init", None, "Init", NOTHING),
    ("stop_signal", "SIGINT", "StopSignal", "SIGINT"),
    ("stop_grace_period", "1m30s", "StopGracePeriod", 90 * S),
    ("stop_grace_period", "0s", "StopGracePeriod", 0),
    ("stop_grace_period", None, "StopGracePeriod", NOTHING),
    ("extra_hosts", ["b=192.0.2.1", "a=192.0.2.2"], "Hosts", ["192.0.2.1 b", "192.0.2.2 a"]),
    ("extra_hosts", ["six=::1", "seven=[2001:db8::7]"], "Hosts", ["2001:db8::7 seven", "::1 six"]),
    ("extra_hosts", ["old:192.0.2.1", "six:::1"], "Hosts", ["192.0.2.1 old", "::1 six"]),
    ("extra_hosts", ["host=host-gateway"], "Hosts", ["host-gateway host"]),
    ("sysctls", {"net.core.somaxconn": 1024, "a.b": "0"}, "Sysctls", {"net.core.somaxconn": "1024", "a.b": "0"}),
    ("cap_add", ["net_admin", "CAP_SYS_PTRACE", "NET_ADMIN"], "CapabilityAdd", ["CAP_NET_ADMIN", "CAP_SYS_PTRACE"]),
    ("cap_add", ["ALL"], "CapabilityAdd", ["ALL"]),
    ("cap_drop", ["all"], "CapabilityDrop", ["ALL"]),
    ("security_opt", ["no-new-privileges:true"], "Privileges", {"NoNewPrivileges": True}),
    ("security_opt", ["no-new-privileges"], "Privileges", {"NoNewPrivileges": True}),
    (
        "security_opt",
        ["seccomp=unconfined", "apparmor:unconfined"],
        "Privileges",
        {"Seccomp": {"Mode": "unconfined"}, "AppArmor": {"Mode": "disabled"}},
    ),
    ("security_opt", ["label:disable", "no-new-privileges:false"], "Privileges", NOTHING),
    ("ulimits", {"nproc": 65535}, "Ulimits", [{"Name": "nproc", "Soft": 65535, "Hard": 65535}]),
    ("ulimits", {"nofile": {"soft": 1, "hard": 2}}, "Ulimits", [{"Name": "nofile", "Soft": 1, "Hard": 2}]),
    ("dns", ["192.0.2.53"], "DNSConfig.Nameservers", ["192.0.2.53"]),
    ("dns", "192.0.2.53", "DNSConfig.Nameservers", ["192.0.2.53"]),
    ("dns_search", ["example.net"], "DNSConfig.Search", ["abc.service.consul", "example.net"]),
    ("dns_opt", ["use-vc"], "DNSConfig.Options", ["use-vc", "ndots:1"]),
    ("dns_opt", ["ndots:5"], "DNSConfig.Options", ["ndots:5"]),
    ("dns_opt", None, "DNSConfig.Options", ["ndots:1"]),
    ("healthcheck", None, "Healthcheck", NOTHING),
    ("healthcheck", {"disable": True}, "Healthcheck", {"Test": ["NONE"]}),
    ("healthcheck", {"test": ["NONE"]}, "Healthcheck", {"Test": ["NONE"]}),
    ("healthcheck", {"interval": "5s"}, "Healthcheck", {"Interval": 5 * S}),
    (
        "healthcheck",
        {
            "test": ["CMD-SHELL", "curl -f localhost"],
            "interval": "1m30s",
            "timeout": "1.5s",
            "retries": 3,
            "start_period": "2s",
            "start_interval": "500ms",
        },
        "Healthcheck",
        {
            "Test": ["CMD-SHELL", "curl -f localhost"],
            "Interval": 90 * S,
            "Timeout": 3 * S // 2,
            "Retries": 3,
            "StartPeriod": 2 * S,
            "StartInterval": S // 2,
        },
    ),
    ("volumes", [{"type": "volume", "target": "/anon"}], "Mounts", [{"Type": "volume", "Target": "/anon"}]),
    (
        "volumes",
        [{"type": "volume", "source": "data", "target": "/d", "read_only": True, "volume": {"nocopy": True}}],
        "Mounts",
        [
            {
                "Type": "volume",
                "Source": "abc_data",
                "Target": "/d",
                "ReadOnly": True,
                "VolumeOptions": {"NoCopy": True, "Labels": {names.LABEL_DEPLOYMENT: "abc"}},
            }
        ],
    ),
    (
        "volumes",
        [{"type": "volume", "source": "nfs", "target": "/n", "volume": {}}],
        "Mounts",
        [
            {
                "Type": "volume",
                "Source": "abc_nfs",
                "Target": "/n",
                "VolumeOptions": {
                    "Labels": {"a": "", names.LABEL_DEPLOYMENT: "abc"},
                    "DriverConfig": {"Name": "local", "Options": {"type": "nfs", "o": ""}},
                },
            }
        ],
    ),
    (
        "volumes",
        [{"type": "volume", "source": "old", "target": "/o"}],
        "Mounts",
        [{"Type": "volume", "Source": "old-data", "Target": "/o"}],
    ),
    (
        "volumes",
        [{"type": "bind", "source": "/srv", "target": "/s", "bind": {"propagation": "rshared"}}],
        "Mounts",
        [{"Type": "bind", "Source": "/srv", "Target": "/s", "BindOptions": {"Propagation": "rshared"}}],
    ),
    (
        "volumes",
        [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": str(64 * MB), "mode": 0o1777}}],
        "Mounts",
        [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 64 * MB, "Mode": 0o1777}}],
    ),
    ("tmpfs", "/run", "Mounts", [{"Type": "tmpfs", "Target": "/run"}]),
    (
        "tmpfs",
        ["/run:size=64m,mode=1777", "/a:size=100"],
        "Mounts",
        [
            {"Type": "tmpfs", "Target": "/a", "TmpfsOptions": {"SizeBytes": 100}},
            {"Type": "tmpfs", "Target": "/run", "TmpfsOptions": {"SizeBytes": 64 * MB, "Mode": 0o1777}},
        ],
    ),
    ("tmpfs", "/a:size=1GB", "Mounts", [{"Type": "tmpfs", "Target": "/a", "TmpfsOptions": {"SizeBytes": 1024 * MB}}]),
    ("tmpfs", "/a:size=2K", "Mounts", [{"Type": "tmpfs", "Target": "/a", "TmpfsOptions": {"SizeBytes": 2048}}]),
    ("tmpfs", "/a:noexec", "Mounts", [{"Type": "tmpfs", "Target": "/a"}]),
    (
        "shm_size",
        str(64 * MB),
        "Mounts",
        [{"Type": "tmpfs", "Target": "/dev/shm", "TmpfsOptions": {"SizeBytes": 64 * MB}}],
    ),
    (
        "secrets",
        [{"source": "key", "target": "/run/secrets/key"}],
        "Secrets",
        [
            {
                "SecretName": "abc_key_0123",
                "File": {"Name": "/run/secrets/key", "UID": "0", "GID": "0", "Mode": 0o444},
            }
        ],
    ),
    (
        "secrets",
        [{"source": "theirs", "target": "/x", "uid": "1", "gid": "2", "mode": "0400"}],
        "Secrets",
        [{"SecretName": "theirs", "File": {"Name": "/x", "UID": "1", "GID": "2", "Mode": 0o400}}],
    ),
    (
        "configs",
        [{"source": "nginx"}],
        "Configs",
        [{"ConfigName": "abc_nginx_4567", "File": {"Name": "/nginx", "UID": "0", "GID": "0", "Mode": 0o444}}],
    ),
    (
        "configs",
        [{"source": "nginx", "target": "/etc/nginx.conf", "mode": 0o440}],
        "Configs",
        [{"ConfigName": "abc_nginx_4567", "File": {"Name": "/etc/nginx.conf", "UID": "0", "GID": "0", "Mode": 0o440}}],
    ),
]


@pytest.mark.parametrize(
    ("key", "said", "field", "expected"), CONTAINER, ids=[f"{key}={said}"[:50] for key, said, _, _ in CONTAINER]
)
def test_container(key: str, said: Any, field: str, expected: Any) -> None:
    assert at(spec({key: said}), f"TaskTemplate.ContainerSpec.{field}") == expected


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


def test_an_image_with_its_digest() -> None:
    found = spec({"image": "nginx:1"}, images={"web": "nginx:1@sha256:0123"})
    assert found["TaskTemplate"]["ContainerSpec"]["Image"] == "nginx:1@sha256:0123"


@pytest.mark.parametrize(
    ("name", "deploy", "expected"),
    [
        ("pricing", {}, "{{.Task.Slot}}.pricing.abc"),
        ("my_db.x", {}, "{{.Task.Slot}}.my-db-x.abc"),
        ("agent", {"mode": "global"}, "{{.Node.ID}}.agent.abc"),
        ("w" * (LONGEST_HOSTNAME - 6), {}, "{{.Task.Slot}}." + "w" * (LONGEST_HOSTNAME - 6) + ".abc"),
        ("w" * (LONGEST_HOSTNAME - 5), {}, NOTHING),
        ("w" * 40, {"mode": "global"}, NOTHING),
    ],
)
def test_hostname(name: str, deploy: dict[str, Any], expected: Any) -> None:
    assert at(spec({"deploy": deploy}, name), "TaskTemplate.ContainerSpec.Hostname") == expected


# Updates


def test_updates_without_a_word() -> None:
    found = spec({})
    expected = {"Parallelism": 1, "FailureAction": "pause", "Monitor": 3 * S, "Order": "start-first"}
    assert found["UpdateConfig"] == expected
    assert found["RollbackConfig"] == expected


def test_updates_as_stated() -> None:
    stated = {
        "parallelism": 0,
        "delay": "10s",
        "failure_action": "rollback",
        "monitor": "5s",
        "max_failure_ratio": 0.3,
        "order": "stop-first",
    }
    found = spec({"deploy": {"update_config": stated, "rollback_config": {"parallelism": 2}}})
    assert found["UpdateConfig"] == {
        "Parallelism": 0,
        "Delay": 10 * S,
        "FailureAction": "rollback",
        "Monitor": 5 * S,
        "MaxFailureRatio": 0.3,
        "Order": "stop-first",
    }
    assert found["RollbackConfig"]["Parallelism"] == 2


@pytest.mark.parametrize("mode", ["replicated-job", "global-job"])
def test_a_job_has_no_updates(mode: str) -> None:
    found = spec({"deploy": {"mode": mode, "update_config": {"parallelism": 2}}})
    assert "UpdateConfig" not in found
    assert "RollbackConfig" not in found


@pytest.mark.parametrize(
    ("said", "order"),
    [
        pytest.param({}, "start-first", id="nothing in the way"),
        pytest.param({"ports": [{"target": 80}]}, "start-first", id="a free port"),
        pytest.param({"ports": [{"target": 80, "published": "80"}]}, "stop-first", id="a fixed port"),
        pytest.param({"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}, "stop-first", id="a volume"),
        pytest.param({"volumes": [{"type": "bind", "source": "/d", "target": "/d"}]}, "stop-first", id="a path"),
        pytest.param(
            {"volumes": [{"type": "bind", "source": "/d", "target": "/d", "read_only": True}]},
            "start-first",
            id="a path that is only read",
        ),
        pytest.param({"volumes": [{"type": "tmpfs", "target": "/d"}]}, "start-first", id="tmpfs"),
    ],
)
def test_old_and_new_never_fight(said: dict[str, Any], order: str) -> None:
    assert spec(said)["UpdateConfig"]["Order"] == order


def test_a_fixed_port_on_every_node_is_nobodys_own() -> None:
    found = spec({"ports": [{"target": 80, "published": "80"}]}, publish_mode="ingress")
    assert found["UpdateConfig"]["Order"] == "start-first"


# Numbers


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


# What cannot be


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(
            {"ports": [{"target": 30, "published": "3000-3002"}]},
            "service web: port 3000-3002:30 is refused: Swarm takes one number",
            id="a range of ports",
        ),
        pytest.param({"deploy": {"mode": "daemon"}}, "service web: deploy.mode 'daemon' is none of", id="mode"),
        pytest.param({"tmpfs": "/a:size=10%"}, "service web: tmpfs /a:size=10%: size '10%' is not a number", id="size"),
        pytest.param(
            {"tmpfs": "/a:mode=rwx"}, "service web: tmpfs /a:mode=rwx: mode 'rwx' is not an octal", id="octal"
        ),
        pytest.param(
            {"volumes": [{"type": "npipe", "target": "/a"}]},
            "service web: volume type 'npipe' at /a is refused: use volume, bind or tmpfs",
            id="npipe",
        ),
        pytest.param({"secrets": [{"source": "no"}]}, "service web: secret 'no' is not declared", id="secret"),
        pytest.param({"configs": [{"source": "no"}]}, "service web: config 'no' is not declared", id="config"),
    ],
)
def test_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(Unsupported) as raised:
        spec(said)
    assert message in str(raised.value)


def test_a_name_that_swarm_cannot_have() -> None:
    with pytest.raises(Unsupported, match=r"Swarm would call it abc_w+, which is longer than 63"):
        spec({}, "w" * 60)


# Engines


def test_an_old_engine_is_not_asked_for_what_it_would_forget() -> None:
    found = spec({"healthcheck": {"interval": "1s", "start_interval": "1s"}, "security_opt": ["no-new-privileges"]})
    assert fitted(found, (1, 44)) == (found, [])
    old, ignored = fitted(found, (1, 41))
    assert ignored == ["security_opt", "healthcheck.start_interval"]
    assert old == spec({"healthcheck": {"interval": "1s"}})
    assert fitted(spec({}), (1, 41)) == (spec({}), [])
