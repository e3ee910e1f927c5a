"""What a compose service says of its containers, key by key, as the Engine's specification."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.services import LONGEST_HOSTNAME
from fakes.services import MB, NOTHING, S, at, spec

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
