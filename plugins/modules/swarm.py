#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm
short_description: Makes a node a member of the swarm, or lets it leave
version_added: 0.1.0
description:
  - Starts a swarm on the first manager or joins an existing one, through the engine's socket.
  - A node that stopped half-way through a join leaves what it has and joins again.
  - A node that is in another swarm is refused and not touched.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says whether the node would join or start a swarm.
  diff_mode:
    support: full
    description: Shows the membership before and after.
  idempotent:
    support: full
    description: Does nothing on an active member.
options:
  state:
    description:
      - V(member) makes the node a member.
      - V(settled) changes nothing and waits until the node is an active member; a manager also until
        it is reachable in a swarm with a quorum.
      - V(left) makes the node leave its swarm. A manager has to be made a worker first.
    type: str
    choices: [member, settled, left]
    default: member
  role:
    description: What the node joins as, and what is waited for.
    type: str
    choices: [manager, worker]
    default: manager
  address:
    description: The node's address for its peers. Required with O(state=member).
    type: str
  managers:
    description: Addresses of managers to join at. Without any, a swarm is started.
    type: list
    elements: str
    default: []
  token:
    description: The join token for O(role).
    type: str
  unlock_key:
    description: With O(state=settled), unlocks a manager that was locked when its engine started.
    type: str
  cluster_id:
    description: The id of the swarm; a manager of any other is refused.
    type: str
    default: ""
  members:
    description: Ids of the nodes of the swarm; a worker with any other is refused.
    type: list
    elements: str
    default: []
  address_pools:
    description: Where a new swarm takes the subnets of networks that ask for none.
    type: list
    elements: str
    default: [10.254.0.0/16]
  address_prefix:
    description: The prefix length of such a subnet.
    type: int
    default: 24
  data_path_port:
    description: The UDP port of a new swarm's overlay networks.
    type: int
    default: 4789
  timeout:
    description: Seconds to wait for membership.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Start a swarm
  arpanet.cluster.swarm:
    address: 192.0.2.10

- name: Join it
  arpanet.cluster.swarm:
    role: worker
    address: 192.0.2.11
    managers: [192.0.2.10]
    token: "{{ __swarm_tokens.worker }}"
"""

RETURN = r"""
action:
  description: What was done, V(nothing), V(init), V(join), V(rejoin), V(unlock) or V(leave).
  returned: success
  type: str
node_id:
  description: The node's id in the swarm.
  returned: success
  type: str
cluster_id:
  description: The swarm's id, as far as the node knows it (a worker does not).
  returned: success
  type: str
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import (
    Swarm,
    SwarmError,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import (
    ACTIVE,
    INACTIVE,
    LOCKED,
    PENDING,
    Goal,
    Local,
    Refused,
    membership,
)


def apply(swarm: Swarm, action: str, options: dict[str, Any]) -> None:
    if action == "init":
        swarm.init(
            options["address"],
            options["address_pools"],
            options["address_prefix"],
            options["data_path_port"],
        )
        return
    swarm.enter(action, options["address"], options["managers"], options["token"], options["timeout"])


def leave(swarm: Swarm, before: Local, timeout: float, check: bool) -> str:
    """Leave the swarm, and while this node still learns that it is no manager any more, try again."""
    if before.state == INACTIVE:
        return "nothing"
    deadline = time.monotonic() + timeout
    while not check:
        try:
            # Only an active worker's leave is told to the others; anything else has nothing to tell.
            swarm.leave(force=before.state != ACTIVE)
            swarm.left()
            break
        except SwarmError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    return "leave"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["member", "settled", "left"], "default": "member"},
            "role": {"type": "str", "choices": ["manager", "worker"], "default": "manager"},
            "address": {"type": "str"},
            "managers": {"type": "list", "elements": "str", "default": []},
            "token": {"type": "str", "no_log": True},
            "unlock_key": {"type": "str", "no_log": True},
            "cluster_id": {"type": "str", "default": ""},
            "members": {"type": "list", "elements": "str", "default": []},
            "address_pools": {"type": "list", "elements": "str", "default": ["10.254.0.0/16"]},
            "address_prefix": {"type": "int", "default": 24},
            "data_path_port": {"type": "int", "default": 4789},
            "timeout": {"type": "int", "default": 120},
        },
        required_if=[("state", "member", ["address"])],
        supports_check_mode=True,
    )
    options = module.params
    manager = options["role"] == "manager"
    goal = Goal(tuple(options["managers"]), options["cluster_id"], frozenset(options["members"]))
    swarm = Swarm()
    action = "nothing"
    try:
        if module.check_mode:
            try:
                before = swarm.local()
            except SwarmError:
                # On a bare node the engine is still to be installed.
                before = Local(INACTIVE)
        elif options["state"] == "settled":
            try:
                before = swarm.local()
            except SwarmError:
                # It may still be starting, which `wait` below gives it time for.
                before = Local(PENDING, manager=manager)
        else:
            before = swarm.local()
        after = before
        if options["state"] == "member":
            action = membership(before, goal)
            if not module.check_mode and action != "nothing":
                apply(swarm, action, options)
        if options["state"] == "settled" and before.state == LOCKED:
            action = "unlock"
        if options["state"] == "left":
            action = leave(swarm, before, options["timeout"], module.check_mode)
        elif not module.check_mode:
            waits = manager and (action != "nothing" or before.manager or before.state == LOCKED)
            after = swarm.wait(options["timeout"], waits, options["unlock_key"] or "")
    except Refused as error:
        module.fail_json(msg=f"This node cannot become a member of the swarm: {error}.")
    except SwarmError as error:
        tried = "leave" if options["state"] == "left" else action
        module.fail_json(msg=f"Swarm, {tried} on {options['address'] or 'this node'}: {error}")
    reached = INACTIVE if action == "leave" else ACTIVE
    diff = {"before": f"{before.state}\n", "after": f"{reached}\n"} if action != "nothing" else {}
    module.exit_json(
        changed=action != "nothing",
        action=action,
        node_id=after.node_id,
        cluster_id=after.cluster_id,
        diff=diff,
    )


if __name__ == "__main__":
    main()
