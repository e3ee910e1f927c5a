#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_secrets
short_description: Rotates what a swarm keeps secret
version_added: 0.1.0
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
    support: none
    description: Rotates whenever it is told to.
options:
  rotate:
    description: What to make anew.
    type: list
    elements: str
    choices: [join_tokens, ca, unlock_key]
    default: []
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
rotated:
  description: What was made anew.
  returned: success
  type: list
  elements: str
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
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    asked, swarm = module.params, Swarm()
    try:
        if "unlock_key" in asked["rotate"] and not swarm.settings().autolock:
            module.fail_json(
                msg="There is no unlock key to rotate: managers are not locked. Run site.yml with swarm_autolock: true."
            )
        if asked["rotate"] and not module.check_mode:
            swarm.renew(asked["rotate"], asked["timeout"])
    except SwarmError as error:
        module.fail_json(msg=f"The swarm's secrets cannot be changed on this manager: {error}")
    module.exit_json(changed=bool(asked["rotate"]), rotated=asked["rotate"])


if __name__ == "__main__":
    main()
