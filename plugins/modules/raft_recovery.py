#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: raft_recovery
short_description: Makes a manager go on without peers that are lost for good
version_added: 0.1.0
description:
  - A step of C(recover.yml), which decides whether it may be taken. Peers that are not lost after all must never come
    back with what they remember.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says whether something would be done.
  diff_mode:
    support: none
    description: There is nothing to compare.
  idempotent:
    support: full
    description: A swarm with a leader is left alone.
options:
  step:
    description:
      - V(look) only looks.
      - V(consul) writes down for the stopped Consul with whom it goes on.
      - V(swarm) makes the node the only manager of its swarm.
      - V(leave) takes the node out of its swarm, unless it has a leader within O(timeout).
    type: str
    choices: [look, consul, swarm, leave]
    default: look
  peers:
    description: With O(step=consul), the servers that go on.
    type: list
    elements: dict
    default: []
  address:
    description: With O(step=swarm), the node's address for its peers.
    type: str
    default: ""
  lost:
    description: With O(step=swarm), hostnames of managers whose entries go.
    type: list
    elements: str
    default: []
  staying:
    description:
      - With O(step=swarm), ids of the managers that are not lost. Entries of others go after O(timeout), in case that
        Swarm has other names for them than O(lost). Without any, only those named do.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds for the swarm to have a leader, or for the node to join the one that went on.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: What does this manager know?
  arpanet.cluster.raft_recovery:
"""

RETURN = r"""
look:
  description: What the manager knows of Swarm and Consul.
  returned: with O(step=look)
  type: dict
  sample:
    swarm:
      state: active
      node_id: n1
      manager: true
      quorum: false
      managers: []
      autolock: false
      error: The swarm does not have a leader.
    consul: {server: true, id: 4c8f1d9a, address: 192.0.2.11, leader: ""}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import recovery
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "step": {"type": "str", "choices": ["look", "consul", "swarm", "leave"], "default": "look"},
            "peers": {"type": "list", "elements": "dict", "default": []},
            "address": {"type": "str", "default": ""},
            "lost": {"type": "list", "elements": "str", "default": []},
            "staying": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 60},
        },
        required_if=[("step", "swarm", ["address"])],
        supports_check_mode=True,
    )
    asked = module.params
    step = asked["step"]
    if step == "look":
        module.exit_json(changed=False, look=recovery.look())
    try:
        if not module.check_mode and step == "consul":
            recovery.write_peers(asked["peers"])
        elif not module.check_mode and step == "swarm":
            recovery.go_on_alone(asked["address"], asked["lost"], asked["timeout"], asked["staying"])
        elif not module.check_mode:
            module.exit_json(changed=recovery.leave(asked["timeout"]))
    except (OSError, KeyError, SwarmError) as error:
        module.fail_json(msg=f"{step} on this manager: {error}. Run recover.yml again.")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
