#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: peers_up
short_description: Refuses to restart a manager while another one is down
version_added: 0.1.0
description:
  - Runs on the manager that is to restart, before it does, and asks its own engine or Consul. Fails when another
    manager of the swarm, or another server of Consul, is down, or when there is no leader to tell.
  - A node whose own engine or Consul does not answer may restart, for nobody misses it.
  - Other than M(arpanet.cluster.quorum) it does not count, so that one of two may restart, and what one did not survive
    is not done to the next, however many there are.
  - Needs nothing but Python on the node.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Looks once, and warns in place of failing, as a run may still start what is down.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  raft:
    description: Whose managers, or servers, have to be up.
    type: str
    choices: [swarm, consul]
    required: true
  node:
    description: What Swarm and Consul call this node.
    type: str
    required: true
  timeout:
    description: Seconds for others that have just started to be back.
    type: float
    default: 30
"""

EXAMPLES = r"""
- name: May the engine of this manager restart?
  arpanet.cluster.peers_up:
    raft: swarm
    node: node2
"""

RETURN = r""""""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import (
    Admin,
    AdminError,
    Refused,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rafts import healthy_raft, swarm_raft
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm, SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.quorum import before_restart, untold


def swarm(node: str) -> tuple[bool, str]:
    """Whether this node's engine answers, and what speaks against its restart."""
    try:
        return True, before_restart(swarm_raft(Swarm()), node)
    except SwarmError as error:
        return bool(error.status), untold("Swarm", "managers", node, str(error))


def consul(node: str) -> tuple[bool, str]:
    """The same of its Consul."""
    why = "its leader has not looked at them yet"
    try:
        raft = healthy_raft(Admin())
        if raft.voters:
            return True, before_restart(raft, node)
    except Refused as error:
        why = str(error)
    except AdminError as error:
        return False, untold("Consul", "servers", node, str(error))
    return True, untold("Consul", "servers", node, why)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "raft": {"type": "str", "choices": ["swarm", "consul"], "required": True},
            "node": {"type": "str", "required": True},
            "timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    asked = module.params
    look = {"swarm": swarm, "consul": consul}[asked["raft"]]
    deadline = time.monotonic() + (0 if module.check_mode else asked["timeout"])
    while True:
        answers, reason = look(asked["node"])
        if not reason or time.monotonic() >= deadline:
            break
        time.sleep(1)
    if reason and answers and not module.check_mode:
        module.fail_json(msg=reason)
    if reason and answers:
        module.warn(reason)
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
