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
    type: float
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import (
    Admin,
    AdminError,
    until,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    admin, asked = Admin(), module.params
    node, address, seconds = asked["node"], asked["address"], asked["timeout"]
    try:
        if not module.check_mode:
            until(lambda: not admin.serves(node), seconds, f"Consul does not know {node} as a client")
            until(lambda: bool(admin.leader()), seconds, "Consul knows no leader")
        peers = admin.peers(address)
        listed = admin.offers_consul(node)
        if not module.check_mode:
            for peer in peers:
                admin.remove_peer(peer)
            if listed:
                admin.forget_server(node)
        module.exit_json(changed=bool(peers or listed))
    except AdminError as error:
        module.fail_json(
            msg=f"{node} is still in Consul's raft: {error}. `journalctl -u consul` on both nodes says why."
        )


if __name__ == "__main__":
    main()
