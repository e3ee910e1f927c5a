#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewalld
short_description: Opens the cluster's ports in a node's firewalld, and closes them again
version_added: 0.1.0
description:
  - Defines a service C(arpanet) with the ports that have to pass between nodes, and adds it to the zone of the node's
    address, now and for the next start. Nothing else of firewalld is touched, Docker's zone least of all.
  - firewalld is reloaded only when the ports are others than before. What was changed there for the time being, and not
    permanently, is lost with that.
  - Does nothing where firewalld does not run.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Returns the steps and changes nothing.
  diff_mode:
    support: full
    description: Shows the service's definition before and after, and the steps.
  idempotent:
    support: full
    description: Does nothing where the ports are open. A run that was cut off is finished by the next.
options:
  state:
    description: V(absent) takes the service out of all zones and deletes it.
    type: str
    choices: [present, absent]
    default: present
  address:
    description: The node's address for its peers. Required for V(present).
    type: str
  data_path_port:
    description: UDP port of the overlay networks.
    type: int
    default: 4789
  serf_port:
    description: TCP and UDP port of Serf's gossip.
    type: int
    default: 7947
  weave:
    description: Whether Weave's ports are among them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Let the other nodes in
  arpanet.cluster.firewalld:
    address: 192.0.2.10
"""

RETURN = r"""
steps:
  description: What was (or, in check mode, would be) done.
  returned: success
  type: list
  elements: str
  sample: [write /etc/firewalld/services/arpanet.xml, firewall-cmd --reload]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import firewalld
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.firewalld import definition, plan, ports


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "address": {"type": "str"},
            "data_path_port": {"type": "int", "default": 4789},
            "serf_port": {"type": "int", "default": 7947},
            "weave": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ["address"])],
        supports_check_mode=True,
    )
    if not firewalld.runs():
        module.exit_json(changed=False, steps=[])
    wanted = ports(module.params) if module.params["state"] == "present" else []
    try:
        found = firewalld.read(module.params["address"] or "")
        steps = plan(found, wanted)
        for step in [] if module.check_mode else steps:
            firewalld.apply(step)
    except firewalld.FirewalldError as error:
        module.fail_json(msg=f"The cluster's ports are not as they should be in firewalld: {error}")
    module.exit_json(
        changed=bool(steps),
        steps=[*map(str, steps)],
        diff={
            "before": found.definition,
            "after": definition(wanted) if wanted else "",
            "prepared": "".join(f"{step}\n" for step in steps),
        }
        if steps
        else {},
    )


if __name__ == "__main__":
    main()
