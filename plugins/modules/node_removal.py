#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_removal
short_description: Takes a node that has left, or is lost, out of everything that remembers it
version_added: 0.1.0
description:
  - Runs on a manager that stays. Removes the node from Consul's raft, members and catalog, from Serf's members, the
    keys that are about it alone, with its leases, and at last its entry in the swarm.
  - A node that is still alive in Consul or Serf is refused, for it would come back.
  - Each part is looked at by itself, so that a node that is half gone goes altogether.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Says what is known of the node once nobody hears it any more, or after O(timeout).
  diff_mode:
    support: full
    description: Lists what is known of the node before and after.
  idempotent:
    support: full
    description: Does nothing about a node that nobody remembers.
options:
  node:
    description: The node's name.
    type: str
    required: true
  address:
    description: Its address, to tell it by where Swarm, Consul and Serf have another name for it.
    type: str
    default: ""
  serf_rpc:
    description: Address of the RPC of this manager's Serf agent.
    type: str
    default: 127.0.0.1:7373
  timeout:
    description: Seconds for everybody to notice that the node has left, or is dead.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Forget node4
  arpanet.cluster.node_removal:
    node: node4
"""

RETURN = r"""
removed:
  description: What was (or, in check mode, would be) taken away.
  returned: success
  type: list
  elements: str
  sample: ["key arpanet/nodes/node4", "node node4 of the swarm (worker, down)"]
known:
  description: Whether anybody remembered the node.
  returned: success
  type: bool
heard:
  description: Who hears the node; nobody where it is dead.
  returned: success
  type: list
  elements: str
  sample: [Swarm, Consul, Serf]
ready:
  description: Whether Swarm hears the node.
  returned: success
  type: bool
manager:
  description: Whether it was a manager of the swarm.
  returned: success
  type: bool
id:
  description: Its id in the swarm; empty when it is not there.
  returned: success
  type: str
hostname:
  description: What the cluster calls it.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm, SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.removal import steps
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Refused


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "node": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "serf_rpc": {"type": "str", "default": "127.0.0.1:7373"},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    require(module, "consul", "msgpack")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.removal import Cluster
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import Serf, SerfError

    asked = module.params
    try:
        cluster = Cluster(Swarm(), connect(asked, purpose="management"), Serf(asked["serf_rpc"]))
        look = cluster.silent if module.check_mode else cluster.settled
        traces = look(asked["node"], asked["address"], asked["timeout"])
        running = [part for part in traces.heard if part != "Swarm"]
        if running and not module.check_mode:
            module.fail_json(
                msg=f"{traces.name} is not removed: it is still alive in {' and '.join(running)}. Stop those services "
                "there, or switch it off, and run the same again."
            )
        todo = steps(traces)
        for step in [] if module.check_mode else todo:
            cluster.take_away(step, traces)
    except (ConsulError, Refused, SerfError, SwarmError) as error:
        module.fail_json(msg=f"{asked['node']} is not removed: {error}")
    shown = [step.shown for step in todo]
    module.exit_json(
        changed=bool(todo),
        removed=shown,
        known=traces.known,
        heard=[*traces.heard],
        ready=traces.ready,
        manager=traces.manager,
        id=next((member.id for member in traces.swarm if member.state == "ready"), ""),
        hostname=traces.name,
        diff={"before": "".join(f"{line}\n" for line in shown), "after": ""} if todo else {},
    )


if __name__ == "__main__":
    main()
