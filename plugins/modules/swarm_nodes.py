#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_nodes
short_description: Sets role, availability and labels of many nodes in one go
version_added: 0.1.0
description:
  - Runs on a manager. Only what is declared is touched; a node that was drained by hand stays drained,
    and other labels stay.
  - A dead entry of a declared host, left from before it was reset and joined again, is removed.
  - A demotion that would leave less than a majority of managers is refused before anything is changed.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says what would change.
  diff_mode:
    support: full
    description: Shows roles, availability and labels before and after.
  idempotent:
    support: full
    description: Nodes that are as asked are left alone.
options:
  nodes:
    description: The nodes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The node's name in the inventory, for messages.
        type: str
        required: true
      id:
        description: The node's id in the swarm.
        type: str
        required: true
      role:
        description: What the node should be.
        type: str
        choices: [manager, worker]
        required: true
      availability:
        description: Whether the node is given tasks. Left alone without this option.
        type: str
        choices: [active, pause, drain]
      labels:
        description: Labels that the node should have.
        type: dict
        default: {}
  force:
    description: Whether a demotion goes on although it leaves less than a majority.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: One manager, one worker with a label
  arpanet.cluster.swarm_nodes:
    nodes:
      - {name: one, id: "{{ one_id }}", role: manager}
      - {name: two, id: "{{ two_id }}", role: worker, labels: {disk: ssd}}
"""

RETURN = r"""
changes:
  description: What changed, in order.
  returned: success
  type: list
  elements: dict
  sample: [{verb: update, hostname: two, before: {}, after: {labels: {disk: ssd}}}]
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import (
    Swarm,
    SwarmError,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import (
    NodeChange,
    Refused,
    declared,
    node_changes,
)


def side(changes: list[NodeChange], which: str) -> str:
    """One side of the diff: host name to what differs."""
    shown: dict[str, Any] = {}
    for change in changes:
        shown.setdefault(change.hostname, {}).update(getattr(change, which))
    return json.dumps(shown, indent=4, sort_keys=True) + "\n"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "nodes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "id": {"type": "str", "required": True},
                    "role": {"type": "str", "choices": ["manager", "worker"], "required": True},
                    "availability": {"type": "str", "choices": ["active", "pause", "drain"]},
                    "labels": {"type": "dict", "default": {}},
                },
            },
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    swarm = Swarm()
    try:
        changes = node_changes(
            swarm.members(), [declared(node) for node in module.params["nodes"]], module.params["force"]
        )
        for change in [] if module.check_mode else changes:
            swarm.apply(change)
    except Refused as error:
        module.fail_json(msg=f"The nodes of the swarm are left as they are: {error}.")
    except SwarmError as error:
        module.fail_json(msg=f"Swarm, roles and labels of nodes: {error}")
    module.exit_json(
        changed=bool(changes),
        changes=[change.__dict__ for change in changes],
        diff={"before": side(changes, "before"), "after": side(changes, "after")} if changes else {},
    )


if __name__ == "__main__":
    main()
