#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_reset
short_description: Takes everything of this collection off a node
version_added: 0.1.0
description:
  - Stops and deletes the services, leaves the swarm, and deletes configuration, keys, state and programs, whatever of
    it there is. Nobody else is told.
  - Packages stay, and so do the engine, its images, its volumes (unless told otherwise) and its containers that are
    no swarm's.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says which steps would be taken.
  diff_mode:
    support: none
    description: The steps say what goes.
  idempotent:
    support: full
    description: Does nothing on a node that has nothing of this collection.
options:
  volumes:
    description: Also delete the local volumes of deployments, with the data in them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Leave the node as it was
  arpanet.cluster.node_reset:
"""

RETURN = r"""
steps:
  description: What was done, in order.
  returned: success
  type: list
  elements: str
  sample: ["stop arpanet-agent.service, consul.service", leave the swarm, "delete /etc/arpanet, /etc/consul.d"]
member:
  description: Whether the node was in a swarm.
  returned: success
  type: bool
volumes:
  description: Local volumes of deployments that were there.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import reset
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.reset import plan


def main() -> None:
    module = AnsibleModule(
        argument_spec={"volumes": {"type": "bool", "default": False}},
        supports_check_mode=True,
    )
    node = reset.read()
    steps = plan(node, module.params["volumes"])
    if not module.check_mode:
        try:
            for step in steps:
                reset.apply(step)
        except reset.ResetError as error:
            module.fail_json(msg=f"The node is reset in part, and another run goes on: {error}")
    module.exit_json(changed=bool(steps), steps=[*map(str, steps)], member=node.member, volumes=[*node.volumes])


if __name__ == "__main__":
    main()
