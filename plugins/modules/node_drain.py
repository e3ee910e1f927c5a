#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_drain
short_description: Drains a node, replacements first, or lets it take instances again
version_added: 0.1.0
description:
  - Runs on a manager. Swarm's own drain stops instances before it starts others. Here each replacement is healthy
    on another node before the old instance stops; instance numbers are kept, and nothing else restarts.
  - A service of which two instances may not run at once (it is updated stop-first, not only for a fixed port) stops
    before it starts elsewhere, and the result names it.
  - A service on every node just stops there. An instance that no other node may run, as its local volume is on this
    one, is a reason to refuse before anything is changed.
  - When a replacement does not come up, services and node are put back to what they were.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
  - arpanet.cluster.moves
attributes:
  check_mode:
    support: full
    description: Says what would move and what would stop.
  diff_mode:
    support: full
    description: Shows the node's availability before and after.
  idempotent:
    support: full
    description: Changes nothing on a node that is as asked, and waits as well for what still stops or starts there.
options:
  node:
    description: The node's name.
    type: str
    required: true
  address:
    description: Its address, to tell it by where Swarm has another name for it.
    type: str
    default: ""
  state:
    description: V(drained) leaves nothing on the node, V(active) lets it take instances.
    type: str
    choices: [drained, active]
    default: drained
  stop_pinned:
    description: Whether instances that cannot run on another node are stopped in place of refused.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Nothing on node2
  arpanet.cluster.node_drain:
    node: node2
"""

RETURN = r"""
text:
  description: What was (or, in check mode, would be) done, a line each.
  returned: success
  type: str
hostname:
  description: The node's name in the swarm.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE, MOVES
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm, SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Refused, alive


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            **ENGINE,
            **MOVES,
            "node": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["drained", "active"], "default": "drained"},
            "stop_pinned": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    require(module, "docker", "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.drain import (
        DrainError,
        activate,
        drain,
    )
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.elections import members
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine, EngineError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import Locked
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.surge import Surge
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.telling import into

    asked = module.params
    verb = "drained" if asked["state"] == "drained" else "activated"
    try:
        swarm = Swarm()
        member = alive(members(swarm), asked["node"], asked["address"])
        surge = Surge(
            Engine(asked["docker_host"]),
            connect(asked),
            f"the move off {member.hostname}",
            asked["timeout"],
            asked["lock_timeout"],
            into(asked["progress"]),
        )
        if asked["state"] == "drained":
            result = drain(surge, swarm, member, asked["stop_pinned"], module.check_mode)
        else:
            result = activate(surge, swarm, member, module.check_mode)
        module.exit_json(hostname=member.hostname, **result)
    except (ConsulError, DrainError, EngineError, Locked, Refused, SwarmError) as error:
        module.fail_json(msg=f"{asked['node']} is not {verb}: {error}")


if __name__ == "__main__":
    main()
