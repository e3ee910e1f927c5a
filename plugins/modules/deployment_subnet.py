#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_subnet
short_description: Allocates and releases the subnets of a deployment in Consul
version_added: 0.1.0
description:
  - Every network of a deployment gets a subnet of a pool. The same owner always gets the same
    subnet back; two owners never get overlapping ones, however many controllers ask at once and
    wherever one of them dies.
  - A subnet never overlaps a route or a Docker network that the agent of any node has reported.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Returns the subnets that would be given now, and writes nothing.
  diff_mode:
    support: full
    description: Shows the deployment's subnets before and after.
  idempotent:
    support: full
    description: An owner that has a subnet keeps it.
options:
  deployment:
    description: Id of the deployment.
    type: str
    required: true
  state:
    description: V(present) allocates what is missing, V(absent) releases all that the deployment has.
    type: str
    choices: [present, absent]
    default: present
  networks:
    description: For each network, C(tasks) and C(everywhere) as M(arpanet.cluster.compose_config) counts them.
    type: dict
    default: {default: {tasks: 1, everywhere: 0}}
  size:
    description: Prefix length (C(/24)) or number of addresses (C(256)) of a new subnet. The default is sized from
      the tasks, twice over for updates, with four times the room to grow, at least a /26.
    type: str
  pool:
    description: Name of the pool.
    type: str
    default: default
  cidr:
    description: Range of the pool.
    type: str
    default: 10.32.0.0/12
"""

EXAMPLES = r"""
- name: A subnet for deployment abc
  arpanet.cluster.deployment_subnet:
    deployment: abc

- name: Give it back
  arpanet.cluster.deployment_subnet:
    deployment: abc
    state: absent
"""

RETURN = r"""
subnets:
  description: Networks and their subnets; empty after a release.
  returned: success
  type: dict
  sample: {default: 10.32.4.0/25}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names, subnets


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore

    asked = module.params
    deployment = names.check_deployment_id(asked["deployment"])
    store = SubnetStore(
        Consul(asked["consul_url"], asked["consul_token"]), subnets.parse_pool(asked["pool"], asked["cidr"])
    )
    before = store.owned(deployment)
    if asked["state"] == "absent":
        after = {}
        if not module.check_mode:
            for network in before:
                store.release(f"{deployment}/{network}")
    else:
        give = store.plan if module.check_mode else store.allocate
        nodes = store.nodes()
        after = {
            **before,
            **{
                network: give(subnets.Request(f"{deployment}/{network}", _prefix(asked["size"], counts, nodes)))
                for network, counts in asked["networks"].items()
            },
        }
    shown = {
        when: {network: str(subnet) for network, subnet in held.items()}
        for when, held in (("before", before), ("after", after))
    }
    return {"changed": before != after, "subnets": shown["after"], "diff": shown}


def _prefix(size: str | None, counts: dict[str, int], nodes: int) -> int:
    if size:
        return subnets.parse_size(size)
    tasks = int(counts.get("tasks", 0)) + int(counts.get("everywhere", 0)) * nodes
    return subnets.prefix_for(subnets.Need(tasks, nodes))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "deployment": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "networks": {"type": "dict", "default": {"default": {"tasks": 1, "everywhere": 0}}},
            "size": {"type": "str"},
            "pool": {"type": "str", "default": "default"},
            "cidr": {"type": "str", "default": "10.32.0.0/12"},
        },
        supports_check_mode=True,
    )
    require(module, "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError

    try:
        module.exit_json(**run(module))
    except (ConsulError, subnets.SubnetError, names.InvalidName) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
