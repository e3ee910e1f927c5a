"""The inventory of a lab, as a user of the collection would write one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One node in the inventory."""

    name: str
    address: str
    manager: bool
    #: Names the SSH connection that Ansible keeps open; another after every boot.
    connection: str


@dataclass(frozen=True)
class Depot:
    """What the roles must know of the lab's depot."""

    address: str
    registry_port: int
    mirror_port: int
    consul_version: str
    consul_checksum: str


def hosts_file(entries: Iterable[Entry], key: Path, known_hosts: Path) -> str:
    """The text of hosts.yml: groups `managers` and `workers`, both always there."""
    nodes = list(entries)
    options = f"-o UserKnownHostsFile={known_hosts} -o IdentitiesOnly=yes"
    # A node that is cut off must not leave a kept connection hanging.
    options += " -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    lines = ["---", "# Written by `make lab-up`: changes are lost.", "all:", "  vars:"]
    for name, value in {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": options,
        "ansible_python_interpreter": "/usr/bin/python3",
    }.items():
        lines.append(f"    {name}: {json.dumps(value)}")
    lines.append("  children:")
    for group, manager in (("managers", True), ("workers", False)):
        members = [node for node in nodes if node.manager is manager]
        lines += [f"    {group}:", "      hosts:" if members else "      hosts: {}"]
        for node in members:
            lines += [
                f"        {node.name}:",
                f"          ansible_host: {node.address}",
                f'          ansible_control_path: "%(directory)s/{node.connection}"',
            ]
    return "\n".join(lines) + "\n"


def variables_file(depot: Depot) -> str:
    """The text of group_vars/all.yml: where the roles find images and archives in the lab."""
    registry = f"{depot.address}:{depot.registry_port}"
    values: dict[str, object] = {
        "docker_registry_mirrors": [f"http://{registry}"],
        "docker_insecure_registries": [registry],
        "consul_version": depot.consul_version,
        "consul_mirror": f"http://{depot.address}:{depot.mirror_port}/consul",
        "consul_checksum": depot.consul_checksum,
    }
    body = "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
    return "---\n# Written by `make lab-up`: changes are lost.\n" + body


def write(directory: Path, hosts: str, variables: str) -> None:
    """Write both files into an inventory directory."""
    (directory / "group_vars").mkdir(parents=True, exist_ok=True)
    (directory / "hosts.yml").write_text(hosts)
    (directory / "group_vars" / "all.yml").write_text(variables)
