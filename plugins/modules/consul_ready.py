#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_ready
short_description: Waits until this node's Consul answers and its servers are healthy
version_added: 0.1.0
description:
  - Waits until the node's agent answers and knows a leader, and with O(servers) also until these are healthy.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Does not wait.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  servers:
    description:
      - Names of servers that have to be healthy, as far as they vote. A follower has to catch up before the next one
        may stop; who is down already is left out.
      - Needs the management token's file, which managers have. Without this option only the leader is waited for.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait.
    type: float
    default: 120
"""

EXAMPLES = r"""
- name: Wait for Consul, so that the next of three servers may restart
  arpanet.cluster.consul_ready:
    servers: [node1, node2, node3]
"""

RETURN = r"""
leader:
  description: Address and port of the leader.
  returned: success, not in check mode
  type: str
  sample: 10.0.0.11:8300
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import (
    Admin,
    AdminError,
    until,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "servers": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False)
    admin, servers = Admin(), module.params["servers"]
    ill: list[str] = []

    def well() -> bool:
        ill[:] = admin.ailing(servers)
        return not ill

    try:
        until(lambda: bool(admin.leader()), module.params["timeout"], "Consul knows no leader")
        if servers:
            until(well, module.params["timeout"], "Not all of Consul's servers are healthy")
        module.exit_json(changed=False, leader=admin.leader())
    except AdminError as error:
        module.fail_json(msg=f"{error}. `journalctl -u consul` says why, on {', '.join(ill) if ill else 'this node'}")


if __name__ == "__main__":
    main()
