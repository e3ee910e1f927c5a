"""One normalised compose service as the Engine's service specification.

Shapes and names of the result are the Engine API's (`POST /services/create`). Input is what
`docker compose config --format json` prints for a service.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Any

from . import names, service_addresses
from .constraints import platforms
from .mounts import mounts
from .service_addresses import Addresses
from .spec import Spec, canonical, listed, mapping
from .support import Unsupported
from .units import nano_cpus, nanoseconds, size

# Swarm's own default is 5 s; an instance that died should be back before its clients give up.
RESTART_DELAY = "2s"
UPDATE_MONITOR = "3s"
# The kernel's limit for a host name is 64 bytes; this leaves a slot's number its digits.
LONGEST_HOSTNAME = 60
# Swarm's own limit.
LONGEST_NAME = 63


@dataclass(frozen=True)
class Context:
    """What a service's specification depends on besides the service itself."""

    deployment: str
    # compose network name -> the Engine's network name
    networks: dict[str, str]
    # image of each service with its digest
    images: dict[str, str] = field(default_factory=dict)
    # service -> replicas that `scale` asked for
    scaled: dict[str, int] = field(default_factory=dict)
    # names of a service besides its own (network aliases, links with an alias)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # compose name of a secret or config -> its name in the Engine
    secrets: dict[str, str] = field(default_factory=dict)
    configs: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, Spec] = field(default_factory=dict)
    # service -> network -> explicit address
    addresses: Addresses = field(default_factory=dict)
    # `host`, or `ingress` where the kernel has IPVS
    publish_mode: str = "host"


def replicas(name: str, service: Spec, scaled: dict[str, int]) -> int:
    """How many instances: what the file says, else what `scale` said last, else one."""
    stated = (service.get("deploy") or {}).get("replicas", service.get("scale"))
    return int(stated) if stated is not None else scaled.get(name, 1)


def service_spec(name: str, service: Spec, context: Context) -> Spec:
    """The Engine's specification of a service."""
    deploy = service.get("deploy") or {}
    labels = {names.LABEL_DEPLOYMENT: context.deployment, names.LABEL_SERVICE: name}
    aliases = context.aliases.get(name, ())
    if aliases:
        labels[names.LABEL_ALIASES] = ",".join(sorted(aliases))
    full_name = names.swarm_name(context.deployment, name)
    if len(full_name) > LONGEST_NAME:
        raise Unsupported(f"service {name}: Swarm would call it {full_name}, which is longer than {LONGEST_NAME}")
    count = replicas(name, service, context.scaled)
    if count > 1 and service_addresses.stated(service):
        raise Unsupported(f"service {name}: 'networks.*.ipv4_address' is one address, and it has {count} instances")
    ports = _ports(name, service.get("ports") or [], context.publish_mode)
    # The Engine refuses to hear of updates of a job: it runs anew when it changes.
    updates = {} if deploy.get("mode", "").endswith("-job") else _updates(service, deploy, ports)
    spec: Spec = canonical(
        {
            "Name": full_name,
            "Labels": {**mapping(deploy.get("labels")), **labels},
            "Mode": _mode(name, service, context.scaled),
            "TaskTemplate": {
                "ContainerSpec": _container(
                    name, service, context, {**labels, **_ports_label(ports), **_addresses_label(name, context)}
                ),
                "Resources": _resources(service, deploy),
                "RestartPolicy": _restart(service, deploy),
                "Placement": _placement(service, deploy),
                "Networks": _networks(service, context),
                "LogDriver": _logging(service.get("logging")),
            },
            **updates,
            "EndpointSpec": {
                "Mode": "vip" if any(port["PublishMode"] == "ingress" for port in ports) else "dnsrr",
                "Ports": ports,
            },
        }
    )
    return spec


def fitted(spec: Spec, api: tuple[int, int]) -> tuple[Spec, list[str]]:
    """A specification without what an Engine with this API does not know, and the compose keys of that.

    Such an Engine forgets it, so that every plan would want to add it again.
    """
    container = dict(spec["TaskTemplate"]["ContainerSpec"])
    unknown = []
    if api < (1, 44):
        if container.pop("Privileges", None):
            unknown.append("security_opt")
        check = dict(container.get("Healthcheck") or {})
        if check.pop("StartInterval", None):
            unknown.append("healthcheck.start_interval")
            container["Healthcheck"] = check
    return {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ContainerSpec": container}}, unknown


def _container(name: str, service: Spec, context: Context, labels: dict[str, str]) -> Spec:
    # The Engine's words: Command is the entry point, Args is the command.
    entrypoint = service.get("entrypoint")
    return {
        "Image": context.images.get(name, service.get("image", "")),
        "Labels": {**mapping(service.get("labels")), **labels},
        # An empty one takes the image's away; to the Engine that is a single empty word.
        "Command": _words(entrypoint) or ([] if entrypoint is None else [""]),
        "Args": _words(service.get("command")),
        # A name alone takes the image's own variable away.
        "Env": sorted(
            key if value is None else f"{key}={value}" for key, value in mapping(service.get("environment")).items()
        ),
        "Hostname": service.get("hostname") or _hostname(name, service, context.deployment),
        "Dir": service.get("working_dir"),
        "User": service.get("user"),
        "Groups": [str(group) for group in service.get("group_add") or []],
        "TTY": service.get("tty"),
        "OpenStdin": service.get("stdin_open"),
        "ReadOnly": service.get("read_only"),
        "Init": service.get("init"),
        "StopSignal": service.get("stop_signal"),
        "StopGracePeriod": _stated(service.get("stop_grace_period")),
        "Healthcheck": _healthcheck(service.get("healthcheck")),
        "Hosts": sorted(_host(entry) for entry in service.get("extra_hosts") or []),
        "DNSConfig": {
            "Nameservers": listed(service.get("dns")),
            "Search": [*_search(service, context), *listed(service.get("dns_search"))],
            "Options": _dns_options(listed(service.get("dns_opt"))),
        },
        "Sysctls": {key: str(value) for key, value in mapping(service.get("sysctls")).items()},
        "CapabilityAdd": _capabilities(service.get("cap_add")),
        "CapabilityDrop": _capabilities(service.get("cap_drop")),
        "Privileges": _privileges(service.get("security_opt")),
        "Ulimits": [_ulimit(key, value) for key, value in sorted(mapping(service.get("ulimits")).items())],
        "Mounts": mounts(name, service, context.deployment, context.volumes),
        "Secrets": [_file("Secret", name, entry, context.secrets) for entry in service.get("secrets") or []],
        "Configs": [_file("Config", name, entry, context.configs) for entry in service.get("configs") or []],
    }


def _dns_options(stated: list[str]) -> list[str]:
    """musl ignores the search list at Docker's default of ndots:0."""
    return stated if any(option.startswith("ndots:") for option in stated) else [*stated, "ndots:1"]


def _search(service: Spec, context: Context) -> list[str]:
    """The domains of the deployment's networks that the service is on, the default one first."""
    ours = [
        network
        for network in sorted(service.get("networks") or {}, key=lambda network: (network != "default", network))
        if context.networks.get(network) == names.swarm_name(context.deployment, network)
    ]
    return [names.search_domain(context.deployment, network) for network in ours or ["default"]]


def _hostname(name: str, service: Spec, deployment: str) -> str:
    """The instance's id; nothing (Docker's own choice) where that is longer than a host name may be."""
    everywhere = (service.get("deploy") or {}).get("mode") in ("global", "global-job")
    number, digits = ("{{.Node.ID}}", 25) if everywhere else ("{{.Task.Slot}}", 1)
    rest = f".{names.dns_label(name)}.{deployment}"
    return number + rest if digits + len(rest) <= LONGEST_HOSTNAME else ""


def _mode(name: str, service: Spec, scaled: dict[str, int]) -> Spec:
    count = replicas(name, service, scaled)
    mode = (service.get("deploy") or {}).get("mode", "replicated")
    modes: dict[str, Spec] = {
        "replicated": {"Replicated": {"Replicas": count}},
        "global": {"Global": {}},
        "replicated-job": {"ReplicatedJob": {"MaxConcurrent": count, "TotalCompletions": count}},
        "global-job": {"GlobalJob": {}},
    }
    if mode not in modes:
        raise Unsupported(f"service {name}: deploy.mode {mode!r} is none of {', '.join(modes)}")
    return modes[mode]


def _resources(service: Spec, deploy: Spec) -> Spec:
    stated = deploy.get("resources") or {}
    limits, reservations = stated.get("limits") or {}, stated.get("reservations") or {}
    return {
        "Limits": {
            "NanoCPUs": nano_cpus(limits.get("cpus") or service.get("cpus")),
            "MemoryBytes": size(limits.get("memory") or service.get("mem_limit")),
            # Compose says -1 where the Engine says nothing.
            "Pids": max(0, size(limits.get("pids") or service.get("pids_limit"))),
        },
        "Reservations": {
            "NanoCPUs": nano_cpus(reservations.get("cpus")),
            "MemoryBytes": size(reservations.get("memory") or service.get("mem_reservation")),
            "GenericResources": [
                {"DiscreteResourceSpec": {"Kind": item["kind"], "Value": int(item["value"])}}
                for generic in reservations.get("generic_resources") or []
                for item in [generic["discrete_resource_spec"]]
            ],
        },
    }


def _restart(service: Spec, deploy: Spec) -> Spec:
    stated = deploy.get("restart_policy") or {}
    condition, _, attempts = str(service.get("restart") or "any").partition(":")
    words = {"no": "none", "always": "any", "unless-stopped": "any", "any": "any", "on-failure": "on-failure"}
    if deploy.get("mode", "").endswith("-job") and condition == "any":
        words = {**words, "any": "on-failure"}
    return {
        "Condition": stated.get("condition") or words.get(condition, "any"),
        "Delay": _stated(stated.get("delay") or RESTART_DELAY),
        "MaxAttempts": int(stated.get("max_attempts") or attempts or 0),
        "Window": nanoseconds(stated.get("window")),
    }


def _placement(service: Spec, deploy: Spec) -> Spec:
    stated = deploy.get("placement") or {}
    return {
        "Constraints": sorted(stated.get("constraints") or []),
        "Preferences": [
            {"Spread": {"SpreadDescriptor": preference["spread"]}} for preference in stated.get("preferences") or []
        ],
        "MaxReplicas": int(stated.get("max_replicas_per_node") or 0),
        "Platforms": platforms(service),
    }


def _updates(service: Spec, deploy: Spec, ports: list[Spec]) -> Spec:
    order = _default_order(service, ports)
    return {
        "UpdateConfig": _update(deploy.get("update_config") or {}, order),
        "RollbackConfig": _update(deploy.get("rollback_config") or {}, order),
    }


def _update(stated: Spec, default_order: str) -> Spec:
    return {
        "Parallelism": int(stated.get("parallelism", 1)),
        "Delay": nanoseconds(stated.get("delay")) or None,
        "FailureAction": stated.get("failure_action", "pause"),
        "Monitor": nanoseconds(stated.get("monitor") or UPDATE_MONITOR),
        "MaxFailureRatio": float(stated.get("max_failure_ratio", 0)),
        "Order": stated.get("order", default_order),
    }


def _default_order(service: Spec, ports: list[Spec]) -> str:
    """start-first, unless old and new would fight for a port or an address, or write to the same volume.

    What is moved to another node asks for the same (core.surge).
    """
    fixed_port = any(port["PublishMode"] == "host" and port.get("PublishedPort") for port in ports)
    writes = any(
        volume.get("type") in ("volume", "bind") and not volume.get("read_only")
        for volume in service.get("volumes") or []
    )
    return "stop-first" if fixed_port or writes or service_addresses.stated(service) else "start-first"


def _networks(service: Spec, context: Context) -> list[Spec]:
    attached = service.get("networks") or {}
    return [
        {"Target": context.networks[network], "DriverOpts": (attached[network] or {}).get("driver_opts")}
        for network in sorted(attached)
    ]


def _ports_label(ports: list[Spec]) -> dict[str, str]:
    """Swarm replaces a service's tasks when its ports change, but no task says which ports it was
    made for; with this on its container it does (core.convergence)."""
    shown = [f"{port['PublishedPort']}:{port['TargetPort']}/{port['Protocol']}" for port in ports]
    return {names.LABEL_PORTS: ",".join(shown)} if shown else {}


def _addresses_label(name: str, context: Context) -> dict[str, str]:
    own = context.addresses.get(name, {})
    return {names.LABEL_ADDRESSES: service_addresses.label(context.deployment, own)} if own else {}


def _ports(name: str, ports: list[Spec], publish_mode: str) -> list[Spec]:
    """Published ports; one without a number gets a free one on the node that runs the instance."""
    for port in ports:
        if "-" in str(port.get("published") or ""):
            raise Unsupported(
                f"service {name}: port {port['published']}:{port['target']} is refused: Swarm takes one number, "
                "or none for a free one on the node"
            )
    return sorted(
        (
            {
                "Protocol": port.get("protocol", "tcp"),
                "TargetPort": int(port["target"]),
                "PublishedPort": int(port.get("published") or 0),
                "PublishMode": "host" if port.get("mode") == "host" else publish_mode,
            }
            for port in ports
        ),
        key=lambda port: (port["TargetPort"], port["Protocol"], port["PublishedPort"]),
    )


def _file(kind: str, name: str, entry: Spec, known: dict[str, str]) -> Spec:
    """A reference by name; the adapter adds the id that the Engine wants beside it."""
    source = entry["source"]
    if source not in known:
        raise Unsupported(f"service {name}: {kind.lower()} {source!r} is not declared in the stack")
    mode = entry.get("mode")
    return {
        f"{kind}Name": known[source],
        "File": {
            "Name": entry.get("target") or (source if kind == "Secret" else f"/{source}"),
            "UID": str(entry.get("uid") or "0"),
            "GID": str(entry.get("gid") or "0"),
            "Mode": (int(mode, 8) if isinstance(mode, str) else mode) or 0o444,
        },
    }


def _healthcheck(stated: Spec | None) -> Spec:
    if not stated:
        return {}
    if stated.get("disable"):
        return {"Test": ["NONE"]}
    return {
        "Test": stated.get("test"),
        "Interval": nanoseconds(stated.get("interval")),
        "Timeout": nanoseconds(stated.get("timeout")),
        "StartPeriod": nanoseconds(stated.get("start_period")),
        "StartInterval": nanoseconds(stated.get("start_interval")),
        "Retries": int(stated.get("retries") or 0),
    }


def _logging(stated: Spec | None) -> Spec:
    return {"Name": stated.get("driver"), "Options": mapping(stated.get("options"))} if stated else {}


def _ulimit(key: str, value: Any) -> Spec:
    soft, hard = (value["soft"], value["hard"]) if isinstance(value, dict) else (value, value)
    return {"Name": key, "Soft": int(soft), "Hard": int(hard)}


def _host(entry: str) -> str:
    """`name=address` (also `name:address`) as a line of /etc/hosts, which is what Swarm wants."""
    separator = "=" if "=" in entry else ":"
    host, _, address = entry.partition(separator)
    return f"{address.strip('[]')} {host}"


def _capabilities(stated: list[str] | None) -> list[str]:
    bare = sorted({name.upper().removeprefix("CAP_") for name in stated or []})
    return [name if name == "ALL" else f"CAP_{name}" for name in bare]


# Of `security_opt`, what Swarm takes: option -> field and its value.
SECURITY = {
    "no-new-privileges": ("NoNewPrivileges", True),
    "no-new-privileges:true": ("NoNewPrivileges", True),
    "seccomp:unconfined": ("Seccomp", {"Mode": "unconfined"}),
    "apparmor:unconfined": ("AppArmor", {"Mode": "disabled"}),
}


def security_option(stated: str) -> str:
    """An option as SECURITY knows it; `=` is another way to write `:`."""
    return stated.replace("=", ":")


def _privileges(stated: list[str] | None) -> Spec:
    return dict(SECURITY[option] for option in map(security_option, stated or []) if option in SECURITY)


def _stated(duration: str | None) -> int | None:
    """Nanoseconds where zero says something else than nothing."""
    return None if duration is None else nanoseconds(duration)


def _words(value: str | list[str] | None) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else list(value or [])
