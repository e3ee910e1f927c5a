#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_secrets
short_description: Rotates what a swarm keeps secret, and locks its managers
version_added: 0.2.0
description:
  - Makes new join tokens, a new root of the certificates, or a new unlock key, on demand.
  - None of them is returned. Run it on one manager.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says whether something would be changed.
  diff_mode:
    support: none
    description: Secrets are never shown.
  idempotent:
    support: partial
    description: Rotates whenever it is told to; O(autolock) is left alone where it is as asked for.
options:
  rotate:
    description: What to make anew.
    type: list
    elements: str
    choices: [join_tokens, ca, unlock_key]
    default: []
  autolock:
    description: Whether a manager's engine has to be unlocked after each start. Left as it is where this is not given.
    type: bool
  timeout:
    description: Seconds for all nodes to have certificates of a new root.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Old join tokens are worth nothing
  arpanet.cluster.swarm_secrets:
    rotate: [join_tokens]
"""

RETURN = r"""
autolock:
  description: Whether managers are locked after a start.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm, SwarmError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "rotate": {
                "type": "list",
                "elements": "str",
                "choices": ["join_tokens", "ca", "unlock_key"],
                "default": [],
                "no_log": False,
            },
            "autolock": {"type": "bool"},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    asked, swarm = module.params, Swarm()
    try:
        locked = swarm.autolock()
        lock = locked if asked["autolock"] is None else asked["autolock"]
        if "unlock_key" in asked["rotate"] and not lock:
            module.fail_json(msg="There is no unlock key to rotate: managers are not locked. Add -e autolock=true.")
        # A lock that is new has a key that is new.
        rotate = [what for what in asked["rotate"] if what != "unlock_key" or locked]
        changed = bool(rotate) or lock != locked
        if changed and not module.check_mode:
            swarm.renew(rotate, lock, asked["timeout"])
    except SwarmError as error:
        module.fail_json(msg=f"The swarm's secrets cannot be changed on this manager: {error}")
    module.exit_json(changed=changed, autolock=lock)


if __name__ == "__main__":
    main()
