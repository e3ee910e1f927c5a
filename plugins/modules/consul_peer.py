#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_peer
short_description: Takes a server that has become a client out of Consul's raft
version_added: 0.1.0
description:
  - Runs on a server that stays. Waits until Consul knows the node as a client (or does not hear it), for it takes
    servers that live into its raft by itself; then removes the node from the raft and from those that answer for the
    service C(consul).
  - Other than one that leaves, a server that is restarted as a client keeps its place in the catalog, and its instances
    their names.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Says whether the node would be taken out, and waits for nothing.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: full
    description: Does nothing for a node that is not in the raft.
options:
  node:
    description: What Consul calls the node.
    type: str
    required: true
  address:
    description: The node's address for its peers. The raft has no more names of those that are servers no longer.
    type: str
    required: true
  timeout:
    description: Seconds for Consul to know the node as a client, and to have a leader.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Take a server that was restarted as a client out of the raft
  arpanet.cluster.consul_peer:
    node: node3
    address: 192.0.2.3
  delegate_to: node1
"""

RETURN = r""""""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import ALIVE, CONSUL_STATUSES

SERVICE = "consul"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "node": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    require(module, "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.elections import patiently

    asked = module.params
    node, address, seconds = asked["node"], asked["address"], asked["timeout"]

    def serves() -> bool:
        return any(
            one["Name"] == node and CONSUL_STATUSES.get(one["Status"]) == ALIVE and one["Tags"].get("role") == "consul"
            for one in consul.members()
        )

    def left_over() -> tuple[list[str], bool]:
        """Ids in the raft, and whether the catalog has it among the servers: their leader writes them there, and nobody
        takes out one that is a client now."""
        found = consul.external(node)
        return consul.servers_at(address), bool(found) and SERVICE in found[1]

    def take_out() -> None:
        servers, offered = left_over()
        for server in servers:
            consul.remove_voter(server)
        if offered:
            consul.deregister_external(node, SERVICE)

    try:
        consul = connect(asked, purpose="management")
        if not module.check_mode:
            deadline = time.monotonic() + seconds
            while serves():
                if time.monotonic() > deadline:
                    module.fail_json(
                        msg=f"{node} is still in Consul's raft: it is a server yet after {seconds} s. Does its Consul "
                        f"come up as a client (journalctl -u consul, on {node})?"
                    )
                time.sleep(0.25)
        changed = any(patiently(left_over, seconds))
        if changed and not module.check_mode:
            patiently(take_out, seconds)
    except ConsulError as error:
        module.fail_json(msg=f"{node} is still in Consul's raft: {error}")
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
