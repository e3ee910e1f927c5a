#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_facts
short_description: Looks once at everything that the roles ask of a node
version_added: 0.1.0
description:
  - Returns as C(ansible_facts['arpanet_node']) what the roles of this collection decide by, so that a
    run over nodes that are as they should be costs one look instead of a task for each question.
  - Needs nothing but Python on the node.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Only reads. On a node that is not in a swarm, whether the kernel knows VXLAN may be
      found out with a link that exists for a moment.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  address:
    description: The node's address for its peers; by default that of its default route.
    type: str
    default: ""
  packages:
    description: The packages to look for.
    type: list
    elements: str
    default: []
  files:
    description:
      - The files, directories and links to look at. Of a text there is nothing but its SHA-256 in the facts, and not
        even that where somebody may have chosen it as a password.
    type: list
    elements: path
    default: []
  units:
    description: The systemd units to look at, such as C(docker.service), each with the files that it reads.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Look at the node
  arpanet.cluster.node_facts:
    packages: [docker.io]
    units:
      docker.service: [/etc/docker/daemon.json]
"""

RETURN = r"""
ansible_facts:
  description: Facts to add.
  returned: always
  type: dict
  contains:
    arpanet_node:
      description: Address, distribution, packages, services, swarm and more of this node.
      type: dict
      returned: always
      sample:
        address: 192.0.2.10
        architecture: amd64
        distribution: {family: debian, id: debian, name: Debian GNU/Linux 13 (trixie), version: "13"}
        files: {/etc/docker: {kind: directory, target: null, mode: 493, owner: root, group: root, digest: null}}
        services: {docker.service: {active: true, enabled: true, stale: false}}
        swarm: {cluster_id: u8x1, manager: true, nodes: [{id: n1}], node_id: n1, silent: false, state: active}
"""

import contextlib
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# What all modules and the agent are written for. Until this is known nothing of theirs may be imported, and this file
# itself has to be readable for older ones.
OLDEST = (3, 11)
# What systemd calls a unit that nothing runs of.
STOPPED = ("inactive", "failed", "deactivating")


def too_old() -> str:
    """Why nothing of this collection runs under this Python, and the way out; empty where it does."""
    if sys.version_info[:2] >= OLDEST:
        return ""
    system = "This host"
    try:
        with Path("/etc/os-release").open(encoding="utf-8") as text:
            names = dict(line.strip().partition("=")[::2] for line in text)
        system = names.get("PRETTY_NAME", system).strip('"')
    except OSError:
        pass
    found, needed = (".".join(map(str, numbers)) for numbers in (sys.version_info[:3], OLDEST))
    return (
        f"{system} runs Ansible's modules with {sys.executable}, which is Python {found}; Python {needed} or newer is "
        "needed. Install one beside it (Ubuntu 22.04: apt install python3.11 python3.11-venv; RHEL 9: dnf install "
        "python3.11) and set ansible_python_interpreter: /usr/bin/python3.11 for this host."
    )


def engine(unit: dict[str, Any]) -> dict[str, Any]:
    """Version and swarm of the node's engine; empty where none answers.

    One that is stopped is not asked: its socket would start it, with a configuration that is perhaps to be changed.
    """
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import (
        STATE,
        Swarm,
        SwarmError,
        local,
        remembered,
    )

    swarm = Swarm(timeout=10)
    try:
        info = {} if unit.get("state") in STOPPED else swarm.info()
    except SwarmError:
        info = {}
    if not info:
        return {
            "version": "",
            "api": {"newest": "", "floor": ""},
            "networks": [],
            "swarm": {
                **local({}).__dict__,
                "state": "",
                # Only managers have a raft.
                "manager": remembered() and (STATE / "raft").is_dir(),
                "silent": remembered(),
                "nodes": [],
                "quorum": False,
            },
        }
    state = local(info)
    networks: list[dict[str, str]] = []
    # A manager without a leader can say neither.
    with contextlib.suppress(SwarmError):
        networks = swarm.networks()
    try:
        nodes, quorum = [member.__dict__ for member in swarm.members()] if state.manager else [], state.manager
    except SwarmError:
        nodes, quorum = [], False
    return {
        "version": info.get("ServerVersion", ""),
        "api": swarm.versions(),
        "networks": networks,
        "swarm": {**state.__dict__, "silent": False, "nodes": nodes, "quorum": quorum},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "default": ""},
            "packages": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "path", "default": []},
            "units": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    problem = too_old()
    if problem:
        module.fail_json(msg=problem)
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import host

    asked = module.params
    facts = host.look(asked["address"], asked["units"], asked["packages"], asked["files"])
    docker = engine(facts["services"].get("docker.service", {}))
    # Which says its version, as packages' names do.
    facts["python"] = str(Path(sys.executable).resolve())
    facts["versions"]["docker"] = docker["version"]
    facts["swarm"] = docker["swarm"]
    facts["engine_api"] = docker["api"]
    facts["docker_networks"] = docker["networks"]
    facts["overlay"] = host.overlay_files()
    # A node in a swarm has shown what its kernel can do.
    facts["vxlan"] = True if docker["swarm"]["state"] == "active" else host.vxlan()
    module.exit_json(ansible_facts={"arpanet_node": facts})


if __name__ == "__main__":
    main()
