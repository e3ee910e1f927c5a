#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum
short_description: Refuses to go on when managers that are to go would take a majority with them
version_added: 0.1.0
description:
  - Runs on a manager that stays. Counts the managers of Swarm and the servers of Consul, with those that are dead
    already, and fails when either raft would be left without a majority.
  - Nodes that are no managers may always go.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Only reads, and refuses all the same.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  nodes:
    description: Names of the nodes that are to go, all at once.
    type: list
    elements: str
    required: true
  addresses:
    description: For nodes that Swarm knows by another name, their addresses, by the names in O(nodes).
    type: dict
    default: {}
  gone:
    description: Whether they leave for good and count no more; otherwise they come back, as after a reboot.
    type: bool
    default: false
  force:
    description: Whether to warn in place of failing.
    type: bool
    default: false
  patience:
    description: Seconds for a manager that is away for a moment to be back.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: May node2 be rebooted?
  arpanet.cluster.quorum:
    nodes: [node2]
"""

RETURN = r"""
swarm:
  description: How many managers would be left alive, of how many, and how many are needed.
  returned: when Swarm answers
  type: dict
  sample: {alive: 2, total: 3, needed: 2}
consul:
  description: The same of Consul's servers.
  returned: when Consul answers
  type: dict
  sample: {alive: 2, total: 3, needed: 2}
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.quorum import Raft, after, count, objections
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Refused, named


def rafts(module: AnsibleModule) -> tuple[list[Raft], set[str], list[str]]:
    """Both rafts, the names in them of who is to go, and why one of them cannot be asked."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rafts import consul_raft, swarm_raft
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm, SwarmError

    asked, found, silent = module.params, [], []
    going = set(asked["nodes"])
    try:
        members = Swarm().members()
        for name in asked["nodes"]:
            going |= {member.hostname for member in named(members, name, str(asked["addresses"].get(name, "")))}
        found.append(swarm_raft(Swarm()))
    except SwarmError as error:
        silent.append(f"Swarm cannot tell who its managers are ({error})")
    try:
        found.append(consul_raft(connect(asked)))
    except ConsulError as error:
        silent.append(f"Consul cannot tell who its servers are ({error})")
    return found, going, silent


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "nodes": {"type": "list", "elements": "str", "required": True},
            "addresses": {"type": "dict", "default": {}},
            "gone": {"type": "bool", "default": False},
            "force": {"type": "bool", "default": False},
            "patience": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    require(module, "consul")
    gone = module.params["gone"]
    deadline = time.monotonic() + module.params["patience"]
    while True:
        try:
            known, going, silent = rafts(module)
        except Refused as error:
            module.fail_json(msg=f"{', '.join(module.params['nodes'])} cannot go: {error}")
        reasons = silent + objections(known, going, gone)
        away = silent or any(count(raft.voters).alive < len(raft.voters) for raft in known)
        if not reasons or not away or time.monotonic() > deadline:
            break
        time.sleep(1)
    counts: dict[str, Any] = {}
    for raft in known:
        left = after(raft, going, gone)
        counts[raft.system.lower()] = {"alive": left.alive, "total": left.total, "needed": left.needed}
    if reasons and not module.params["force"]:
        module.fail_json(
            msg=f"{', '.join(module.params['nodes'])} cannot go: {'; '.join(reasons)}. Bring others up first "
            "(status.yml shows which are down), add managers, or do it all the same with -e force=true.",
            **counts,
        )
    for reason in reasons:
        module.warn(f"Forced, although {reason}")
    module.exit_json(changed=False, **counts)


if __name__ == "__main__":
    main()
