#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_tokens
short_description: Reads the join tokens and the unlock key of the swarm from one of its managers
version_added: 0.1.0
description:
  - Use it with C(no_log), and hand each node only the token of its own role.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Reads only.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: Read the join tokens
  arpanet.cluster.swarm_tokens:
  register: __swarm_tokens
  no_log: true
"""

RETURN = r"""
worker:
  description: The token for workers.
  returned: success
  type: str
manager:
  description: The token for managers.
  returned: success
  type: str
unlock_key:
  description: What unlocks a manager; empty where managers are not locked.
  returned: success
  type: str
cluster_id:
  description: The swarm's id.
  returned: success
  type: str
members:
  description: Ids of the swarm's nodes.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import (
    Swarm,
    SwarmError,
)


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    swarm = Swarm()
    try:
        module.exit_json(
            cluster_id=swarm.local().cluster_id,
            members=[member.id for member in swarm.members()],
            unlock_key=swarm.unlock_key(),
            **swarm.tokens(),
        )
    except SwarmError as error:
        module.fail_json(msg=f"The join tokens cannot be read from this manager: {error}")


if __name__ == "__main__":
    main()
