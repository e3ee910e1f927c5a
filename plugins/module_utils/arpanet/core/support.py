"""What becomes of each key of a compose service: the table that docs/compose.md prints."""

from __future__ import annotations

from typing import Any

HONOURED = "honoured"
TRANSLATED = "translated"
WARNED = "warned about"
REFUSED = "refused"

# key of a service -> (verdict, how or why)
SERVICE_KEYS: dict[str, tuple[str, str]] = {
    "annotations": (WARNED, "Swarm has no annotations"),
    "attach": (WARNED, "nothing is attached to: tasks run in the background"),
    "blkio_config": (WARNED, "Swarm has no block I/O limits"),
    "build": (TRANSLATED, "built on a manager, kept in the cluster's registry"),
    "cap_add": (HONOURED, ""),
    "cap_drop": (HONOURED, ""),
    "cgroup": (REFUSED, "Swarm cannot share the host's cgroup namespace"),
    "cgroup_parent": (REFUSED, "Swarm sets the cgroup parent itself"),
    "command": (HONOURED, ""),
    "configs": (HONOURED, "each version is a Swarm config named by its content"),
    "container_name": (WARNED, "instances are named by number: 1.pricing.abc"),
    "cpu_count": (WARNED, "use deploy.resources.limits.cpus"),
    "cpu_percent": (WARNED, "use deploy.resources.limits.cpus"),
    "cpu_period": (WARNED, "use deploy.resources.limits.cpus"),
    "cpu_quota": (WARNED, "use deploy.resources.limits.cpus"),
    "cpu_rt_period": (WARNED, "Swarm has no real-time scheduling"),
    "cpu_rt_runtime": (WARNED, "Swarm has no real-time scheduling"),
    "cpu_shares": (WARNED, "use deploy.resources.reservations.cpus"),
    "cpus": (TRANSLATED, "deploy.resources.limits.cpus"),
    "cpuset": (WARNED, "Swarm cannot pin processors"),
    "credential_spec": (REFUSED, "Windows only"),
    "depends_on": (HONOURED, "across nodes, with all three conditions; links order nothing"),
    "deploy": (HONOURED, ""),
    "develop": (WARNED, "for development on one host"),
    "device_cgroup_rules": (REFUSED, "Swarm has no device rules"),
    "devices": (REFUSED, "Swarm cannot pass devices to a task"),
    "dns": (HONOURED, "names of the deployment resolve only through the nodes' own resolver"),
    "dns_opt": (HONOURED, ""),
    "dns_search": (HONOURED, "after the deployment's own domain"),
    "domainname": (WARNED, "names come from Consul"),
    "entrypoint": (HONOURED, ""),
    "env_file": (HONOURED, "read by the reference implementation"),
    "environment": (HONOURED, ""),
    "expose": (HONOURED, "nothing to do: instances reach each other on every port"),
    "extends": (HONOURED, "resolved by the reference implementation"),
    "external_links": (WARNED, "use the other deployment's full name: redis.xyz.service.consul"),
    "extra_hosts": (HONOURED, ""),
    "gpus": (REFUSED, "a node offers GPUs as deploy.resources.reservations.generic_resources"),
    "group_add": (HONOURED, ""),
    "healthcheck": (HONOURED, "decides whether an instance is in DNS"),
    "hostname": (HONOURED, ""),
    "image": (HONOURED, "pinned to its digest"),
    "init": (HONOURED, ""),
    "ipc": (REFUSED, "Swarm cannot share IPC namespaces"),
    "isolation": (WARNED, "Windows only"),
    "labels": (HONOURED, "on containers"),
    "label_file": (HONOURED, "read by the reference implementation"),
    "links": (TRANSLATED, "names resolve anyway; an alias becomes a name of its own"),
    "logging": (HONOURED, ""),
    "mac_address": (WARNED, "Swarm chooses addresses"),
    "mem_limit": (TRANSLATED, "deploy.resources.limits.memory"),
    "mem_reservation": (TRANSLATED, "deploy.resources.reservations.memory"),
    "mem_swappiness": (WARNED, "Swarm has no swap settings"),
    "memswap_limit": (WARNED, "Swarm has no swap settings"),
    "models": (REFUSED, "a node runs containers and no models"),
    "network_mode": (REFUSED, "every service is on its deployment's networks"),
    "networks": (HONOURED, "a subnet each; aliases are names in Consul"),
    "oom_kill_disable": (WARNED, "Swarm has no such setting"),
    "oom_score_adj": (WARNED, "needs Engine 28"),
    "pid": (REFUSED, "Swarm cannot share PID namespaces"),
    "pids_limit": (TRANSLATED, "deploy.resources.limits.pids"),
    "platform": (TRANSLATED, "deploy.placement"),
    "ports": (HONOURED, "on the node that runs the instance; see docs/compose.md"),
    "post_start": (WARNED, "Swarm has no hooks"),
    "pre_stop": (WARNED, "Swarm has no hooks"),
    "privileged": (REFUSED, "Swarm has no privileged tasks: use cap_add"),
    "profiles": (HONOURED, "-e profiles="),
    "provider": (REFUSED, "runs a program on the controller"),
    "pull_policy": (WARNED, "images are pinned to a digest and pulled where they are missing"),
    "pull_refresh_after": (WARNED, "every deploy asks the registry for the digest"),
    "read_only": (HONOURED, ""),
    "restart": (TRANSLATED, "deploy.restart_policy"),
    "runtime": (REFUSED, "set the runtime on the node's engine"),
    "scale": (TRANSLATED, "deploy.replicas"),
    "secrets": (HONOURED, "each version is a Swarm secret named by its content"),
    "security_opt": (TRANSLATED, "no-new-privileges, and seccomp or apparmor unconfined; others are named and ignored"),
    "shm_size": (TRANSLATED, "a tmpfs on /dev/shm"),
    "stdin_open": (HONOURED, ""),
    "stop_grace_period": (HONOURED, ""),
    "stop_signal": (HONOURED, ""),
    "storage_opt": (WARNED, "Swarm has no storage options"),
    "sysctls": (HONOURED, ""),
    "tmpfs": (HONOURED, ""),
    "tty": (HONOURED, ""),
    "ulimits": (HONOURED, ""),
    "use_api_socket": (REFUSED, "a container gets no hold of the node's engine: bind the socket where that is wanted"),
    "user": (HONOURED, ""),
    "userns_mode": (REFUSED, "Swarm cannot share the host's user namespace"),
    "uts": (REFUSED, "Swarm cannot share the host's UTS namespace"),
    "volumes": (HONOURED, "named and tmpfs; a bind only of a path that is on every node"),
    "volumes_from": (REFUSED, "needs both containers on one host: use a named volume"),
    "working_dir": (HONOURED, ""),
}


_BUILDKIT = "needs BuildKit: build that image beforehand"
_MEASURED = "a limit of the build, which runs under the engine's own"

# Parts of a service's keys; `*` is any item of a list or any name.
PART_KEYS: dict[str, tuple[str, str]] = {
    "build.additional_contexts": (REFUSED, _BUILDKIT),
    "build.args": (HONOURED, ""),
    "build.cache_from": (WARNED, "an image is built when its content changes, and then once"),
    "build.cache_to": (WARNED, "an image is built when its content changes, and then once"),
    "build.context": (HONOURED, "a directory on the controller, without what .dockerignore names"),
    "build.dockerfile": (HONOURED, ""),
    "build.dockerfile_inline": (REFUSED, _BUILDKIT),
    "build.entitlements": (REFUSED, _BUILDKIT),
    "build.extra_hosts": (WARNED, "a build resolves names as the manager does"),
    "build.isolation": (WARNED, "Windows only"),
    "build.labels": (HONOURED, ""),
    "build.network": (WARNED, "a build has the engine's default network"),
    "build.no_cache": (WARNED, "an image is built when its content changes, and then once"),
    "build.platforms": (WARNED, "an image is built for the manager's platform"),
    "build.privileged": (REFUSED, _BUILDKIT),
    "build.provenance": (WARNED, _BUILDKIT),
    "build.pull": (WARNED, "a base image is pulled where it is missing"),
    "build.sbom": (WARNED, _BUILDKIT),
    "build.secrets": (REFUSED, _BUILDKIT),
    "build.shm_size": (WARNED, _MEASURED),
    "build.ssh": (REFUSED, _BUILDKIT),
    "build.tags": (WARNED, "an image is named by its content"),
    "build.target": (HONOURED, ""),
    "build.ulimits": (WARNED, _MEASURED),
    "configs.*.gid": (HONOURED, ""),
    "configs.*.mode": (HONOURED, ""),
    "configs.*.source": (HONOURED, ""),
    "configs.*.target": (HONOURED, ""),
    "configs.*.uid": (HONOURED, ""),
    "depends_on.*.condition": (HONOURED, ""),
    "depends_on.*.required": (HONOURED, "by the reference implementation"),
    "depends_on.*.restart": (HONOURED, "nothing to do: names are resolved anew"),
    "deploy.endpoint_mode": (WARNED, "a name resolves to instances, in any mode"),
    "deploy.labels": (HONOURED, "on the Swarm service"),
    "deploy.mode": (HONOURED, "jobs as well"),
    "deploy.placement.constraints": (HONOURED, ""),
    "deploy.placement.max_replicas_per_node": (HONOURED, ""),
    "deploy.placement.preferences.*.spread": (HONOURED, ""),
    "deploy.replicas": (HONOURED, ""),
    "deploy.resources.limits.cpus": (HONOURED, ""),
    "deploy.resources.limits.memory": (HONOURED, ""),
    "deploy.resources.limits.pids": (HONOURED, ""),
    "deploy.resources.reservations.cpus": (HONOURED, ""),
    "deploy.resources.reservations.devices": (REFUSED, "a node offers GPUs as generic_resources"),
    "deploy.resources.reservations.generic_resources": (HONOURED, ""),
    "deploy.resources.reservations.memory": (HONOURED, ""),
    "deploy.restart_policy.condition": (HONOURED, ""),
    "deploy.restart_policy.delay": (HONOURED, "2s when not given"),
    "deploy.restart_policy.max_attempts": (HONOURED, ""),
    "deploy.restart_policy.window": (HONOURED, ""),
    "deploy.rollback_config.*": (HONOURED, "as update_config"),
    "deploy.update_config.delay": (HONOURED, ""),
    "deploy.update_config.failure_action": (HONOURED, ""),
    "deploy.update_config.max_failure_ratio": (HONOURED, ""),
    "deploy.update_config.monitor": (HONOURED, "3s when not given"),
    "deploy.update_config.order": (HONOURED, "start-first when not given, where that is safe"),
    "deploy.update_config.parallelism": (HONOURED, ""),
    "extends.*": (HONOURED, "by the reference implementation"),
    "healthcheck.*": (HONOURED, ""),
    "logging.*": (HONOURED, ""),
    "networks.*.aliases": (TRANSLATED, "further names in Consul"),
    "networks.*.driver_opts": (HONOURED, ""),
    "networks.*.gw_priority": (WARNED, "Swarm chooses the gateway"),
    "networks.*.interface_name": (WARNED, "Swarm names interfaces"),
    "networks.*.ipv4_address": (
        TRANSLATED,
        "one instance; keeps its place in the declared subnet, and the node's agent gives it",
    ),
    "networks.*.ipv6_address": (REFUSED, "Swarm chooses the addresses of tasks"),
    "networks.*.link_local_ips": (REFUSED, "Swarm chooses the addresses of tasks"),
    "networks.*.mac_address": (WARNED, "Swarm chooses addresses"),
    "networks.*.priority": (WARNED, "Swarm orders networks by itself"),
    "ports.*.app_protocol": (HONOURED, "nothing to do: a remark"),
    "ports.*.host_ip": (WARNED, "the port is open on every address of the node"),
    "ports.*.mode": (HONOURED, ""),
    "ports.*.name": (HONOURED, "nothing to do: a remark"),
    "ports.*.protocol": (HONOURED, ""),
    "ports.*.published": (HONOURED, "one number; a range is refused"),
    "ports.*.target": (HONOURED, ""),
    "secrets.*.gid": (HONOURED, ""),
    "secrets.*.mode": (HONOURED, ""),
    "secrets.*.source": (HONOURED, ""),
    "secrets.*.target": (HONOURED, ""),
    "secrets.*.uid": (HONOURED, ""),
    "volumes.*.bind.create_host_path": (TRANSLATED, "a task is refused on a node where the path is missing"),
    "volumes.*.bind.propagation": (HONOURED, ""),
    "volumes.*.bind.recursive": (WARNED, "needs Engine 25"),
    "volumes.*.bind.selinux": (WARNED, "Swarm relabels nothing"),
    "volumes.*.consistency": (WARNED, "Docker Desktop only"),
    "volumes.*.image.subpath": (REFUSED, "Swarm mounts volumes, paths and tmpfs"),
    "volumes.*.read_only": (HONOURED, ""),
    "volumes.*.source": (HONOURED, ""),
    "volumes.*.target": (HONOURED, ""),
    "volumes.*.tmpfs.mode": (HONOURED, ""),
    "volumes.*.tmpfs.size": (HONOURED, ""),
    "volumes.*.type": (HONOURED, "volume, bind and tmpfs; others are refused"),
    "volumes.*.volume.labels": (WARNED, "labels of a volume belong to its declaration"),
    "volumes.*.volume.nocopy": (HONOURED, ""),
    "volumes.*.volume.subpath": (REFUSED, "needs Engine 26"),
}

# Parts of what a stack declares beside its services.
TOP_KEYS: dict[str, tuple[str, str]] = {
    "configs.*.content": (HONOURED, ""),
    "configs.*.environment": (HONOURED, ""),
    "configs.*.external": (HONOURED, ""),
    "configs.*.file": (HONOURED, ""),
    "configs.*.labels": (HONOURED, ""),
    "configs.*.name": (TRANSLATED, "in Swarm it is named by its content, unless it is external"),
    "configs.*.template_driver": (HONOURED, ""),
    "include": (HONOURED, "by the reference implementation"),
    "models": (REFUSED, "a node runs containers and no models"),
    "name": (TRANSLATED, "the deployment's id"),
    "networks.*.attachable": (HONOURED, ""),
    "networks.*.driver": (WARNED, "the deployment's driver carries it"),
    "networks.*.driver_opts": (HONOURED, ""),
    "networks.*.enable_ipv4": (HONOURED, "always"),
    "networks.*.enable_ipv6": (WARNED, "subnets of the pool are IPv4"),
    "networks.*.external": (HONOURED, "a Swarm network of that name"),
    "networks.*.internal": (HONOURED, ""),
    "networks.*.ipam": (WARNED, "subnets come from the cluster's pool; an ipv4_address keeps its place"),
    "networks.*.labels": (HONOURED, ""),
    "networks.*.name": (TRANSLATED, "each deployment has its own, unless it is external"),
    "secrets.*.driver": (REFUSED, "its value would have to come from the driver"),
    "secrets.*.driver_opts": (REFUSED, "its value would have to come from the driver"),
    "secrets.*.environment": (HONOURED, ""),
    "secrets.*.external": (HONOURED, ""),
    "secrets.*.file": (HONOURED, ""),
    "secrets.*.labels": (HONOURED, ""),
    "secrets.*.name": (TRANSLATED, "in Swarm it is named by its content, unless it is external"),
    "secrets.*.template_driver": (HONOURED, ""),
    "services": (HONOURED, ""),
    "version": (HONOURED, "nothing to do: every version means the same"),
    "volumes.*.driver": (HONOURED, ""),
    "volumes.*.driver_opts": (HONOURED, ""),
    "volumes.*.external": (HONOURED, ""),
    "volumes.*.labels": (HONOURED, ""),
    "volumes.*.name": (TRANSLATED, "each deployment has its own, unless it is external"),
}


class Unsupported(ValueError):
    """A stack that cannot run on the cluster as it is; one line for each reason."""


def check(model: dict[str, Any]) -> list[str]:
    """Warnings, a line each, for what changes nothing here; Unsupported for what matters and cannot be."""
    said: dict[str, list[str]] = {WARNED: [], REFUSED: []}
    for name, service in sorted(model["services"].items()):
        unknown = {key: (WARNED, "unknown to this version") for key in service if not _known(key)}
        for path, (verdict, why) in _stated(service, {**SERVICE_KEYS, **PART_KEYS, **unknown}):
            said[verdict].append(f"service {name}: '{_spoken(path)}' is {_WORDS[verdict]}: {why}")
    for kind in ("networks", "volumes", "secrets", "configs"):
        table = {path.removeprefix(f"{kind}.*."): found for path, found in TOP_KEYS.items() if path.startswith(kind)}
        for name, body in sorted((model.get(kind) or {}).items()):
            for path, (verdict, why) in _stated(_own(body or {}), table):
                said[verdict].append(f"{kind[:-1]} {name}: '{path}' is {_WORDS[verdict]}: {why}")
    if said[REFUSED]:
        raise Unsupported("; ".join(said[REFUSED]))
    return said[WARNED]


_WORDS = {WARNED: "ignored", REFUSED: "refused"}


def _own(body: dict[str, Any]) -> dict[str, Any]:
    """What is said of a thing that this deployment makes, and not only that it is as it would be anyway."""
    # What is external is made elsewhere: its name is all that counts here.
    return {} if body.get("external") else {key: value for key, value in body.items() if (key, value) != _ANYWAY}


_ANYWAY = ("driver", "overlay")


def _known(key: str) -> bool:
    return key in SERVICE_KEYS or key.startswith("x-")


def _spoken(path: str) -> str:
    """A path as users would say it: `ports.host_ip`."""
    return path.replace(".*", "")


def _stated(body: dict[str, Any], table: dict[str, tuple[str, str]]) -> list[tuple[str, tuple[str, str]]]:
    """The paths among the warned about and the refused that a body says something for."""
    return sorted((path, found) for path, found in table.items() if found[0] in _WORDS and _says(body, path.split(".")))


def _says(value: Any, steps: list[str]) -> bool:
    if not steps:
        return value not in (None, [], {}, False, "")
    step, *rest = steps
    if step == "*":
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return any(_says(item, rest) for item in items)
    return isinstance(value, dict) and step in value and _says(value[step], rest)
