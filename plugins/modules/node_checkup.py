#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_checkup
short_description: Looks whether a node's services run and whether Consul and DNS there say what it runs
version_added: 0.1.0
description:
  - Compares the node's containers with the registrations of its Consul agent, and asks its name servers for names.
  - A part that does not answer is part of the result and not a failure of the task.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  units:
    description: The systemd units to look at, such as C(docker.service), each with the files that it reads.
    type: dict
    default: {}
  names:
    description: The names to ask every name server of the node for, without C(.service.consul).
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that Consul and the Engine each have for an answer.
    type: float
    default: 3
"""

EXAMPLES = r"""
- name: Look at the node
  arpanet.cluster.node_checkup:
    units:
      docker.service: [/etc/docker/daemon.json]
    names: [pricing.abc]
"""

RETURN = r"""
look:
  description: What was found, for C(doctor.yml).
  returned: success
  type: dict
  sample:
    node: node1
    units: {docker.service: {active: true, enabled: true, stale: false, state: active}}
    dns: {127.0.0.1: {pricing.abc: [10.32.4.35]}}
    serving: {pricing.abc: [10.32.4.35]}
    steps: []
    errors: {}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            **ENGINE,
            "units": {"type": "dict", "default": {}},
            "names": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 3},
        },
        supports_check_mode=True,
    )
    require(module, "docker", "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import checkup
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.containers import Containers

    asked = module.params
    try:
        consul = connect(asked, asked["timeout"], "registrar")
    except ConsulError as error:
        module.fail_json(msg=str(error))
    containers = Containers(asked["docker_host"], asked["timeout"])
    module.exit_json(changed=False, look=checkup.look(asked["units"], consul, containers, asked["names"]))


if __name__ == "__main__":
    main()
