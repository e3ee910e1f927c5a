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
    "read_only": (HONOURED, ""),
    "restart": (TRANSLATED, "deploy.restart_policy"),
    "runtime": (REFUSED, "set the runtime on the node's engine"),
    "scale": (TRANSLATED, "deploy.replicas"),
    "secrets": (HONOURED, "each version is a Swarm secret named by its content"),
    "security_opt": (WARNED, "Swarm takes no security options"),
    "shm_size": (TRANSLATED, "a tmpfs on /dev/shm"),
    "stdin_open": (HONOURED, ""),
    "stop_grace_period": (HONOURED, ""),
    "stop_signal": (HONOURED, ""),
    "storage_opt": (WARNED, "Swarm has no storage options"),
    "sysctls": (HONOURED, ""),
    "tmpfs": (HONOURED, ""),
    "tty": (HONOURED, ""),
    "ulimits": (HONOURED, ""),
    "user": (HONOURED, ""),
    "userns_mode": (REFUSED, "Swarm cannot share the host's user namespace"),
    "uts": (REFUSED, "Swarm cannot share the host's UTS namespace"),
    "volumes": (HONOURED, "named and tmpfs; a bind only of a path that is on every node"),
    "volumes_from": (REFUSED, "needs both containers on one host: use a named volume"),
    "working_dir": (HONOURED, ""),
}


class Unsupported(ValueError):
    """A stack that cannot run on the cluster as it is; one line for each reason."""


def check(services: dict[str, dict[str, Any]]) -> list[str]:
    """Warnings, a line each, for keys that change nothing here; Unsupported for those that matter."""
    warnings: list[str] = []
    refused: list[str] = []
    for name, service in sorted(services.items()):
        for key, value in sorted(service.items()):
            if value in (None, [], {}, False, "") or key.startswith("x-"):
                continue
            verdict, why = SERVICE_KEYS.get(key, (WARNED, "unknown to this version"))
            line = f"service {name}: '{key}' is {'refused' if verdict == REFUSED else 'ignored'}: {why}"
            if verdict == REFUSED:
                refused.append(line)
            elif verdict == WARNED:
                warnings.append(line)
    if refused:
        raise Unsupported("; ".join(refused))
    return warnings
