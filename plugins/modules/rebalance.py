#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rebalance
short_description: Moves instances so that nodes carry as much as they can evenly
version_added: 0.1.0
description:
  - Runs on a manager. Moves as few instances as even things out, each only when its replacement is healthy on
    another node; their numbers are kept, and what is in its place is not touched.
  - Services on every node, jobs, services that only one node may run, those with placement preferences of their own and
    those of which two instances may not run at once stay where they are.
  - First puts back what a move that was broken off has left of its services.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
  - arpanet.cluster.moves
attributes:
  check_mode:
    support: full
    description: Says what would be put back and which instances would move.
  diff_mode:
    support: none
    description: The moves are in the result.
  idempotent:
    support: full
    description: Does nothing where all is even and no move was broken off.
options:
  deployment:
    description: Move instances of this deployment alone; of all where it is empty.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Give a new node its share
  arpanet.cluster.rebalance:
"""

RETURN = r"""
text:
  description: What was put back and what moved (or, in check mode, would), a line each.
  returned: success
  type: str
moves:
  description: The moves.
  returned: success
  type: list
  elements: dict
  sample: [{service: abc_web, count: 1, to: [node3]}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE, MOVES


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            **ENGINE,
            **MOVES,
            "deployment": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    require(module, "docker", "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine, EngineError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import Locked
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rebalance import (
        RebalanceError,
        rebalance,
    )
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.surge import Surge
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.telling import into

    asked = module.params
    try:
        surge = Surge(
            Engine(asked["docker_host"]),
            connect(asked),
            "a rebalance",
            asked["timeout"],
            asked["lock_timeout"],
            into(asked["progress"]),
        )
        result, reasons = rebalance(surge, asked["deployment"], module.check_mode)
    except (ConsulError, EngineError, Locked, RebalanceError) as error:
        module.fail_json(msg=f"Instances cannot be moved: {error}")
    if reasons:
        module.fail_json(
            msg=f"{'; '.join(reasons)}. What has moved has moved, all others are where they were.", **result
        )
    module.exit_json(**result)


if __name__ == "__main__":
    main()
