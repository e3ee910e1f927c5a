#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_leave
short_description: Lets a node's Consul agent leave its cluster
version_added: 0.1.0
description:
  - Runs on the node that leaves. A server leaves the raft first, so that the others' majority is one of those that
    stay. The agent ends by itself.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Says whether the agent would leave.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: full
    description: Does nothing where no agent answers.
options:
  timeout:
    description: Seconds for the agent to leave and to end.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Leave Consul
  arpanet.cluster.consul_leave:
"""

RETURN = r""""""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CONSUL, "timeout": {"type": "int", "default": 60}}, supports_check_mode=True
    )
    require(module, "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError

    asked = module.params

    def answers() -> bool:
        try:
            consul.node_name()
        except ConsulError as error:
            if isinstance(error.__cause__, OSError):
                return False
            raise
        return True

    try:
        consul = connect(asked, asked["timeout"], "agent")
        if not answers():
            module.exit_json(changed=False)
        if not module.check_mode:
            consul.leave()
            deadline = time.monotonic() + asked["timeout"]
            while answers():
                if time.monotonic() > deadline:
                    module.fail_json(msg=f"Consul has not ended {asked['timeout']} s after it was told to leave.")
                time.sleep(0.2)
    except ConsulError as error:
        module.fail_json(msg=f"This node cannot leave Consul: {error}")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
