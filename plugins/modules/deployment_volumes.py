#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_volumes
short_description: Removes the volumes of a deployment from a node
version_added: 0.1.0
description:
  - Removes the node's volumes that carry the label C(arpanet.deployment) with the deployment's id, and no others.
  - What is in them is lost. Run it on every node, after M(arpanet.cluster.stack) has removed the deployment.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.engine
attributes:
  check_mode:
    support: full
    description: Says which volumes would be removed.
  diff_mode:
    support: full
    description: Lists the volumes before and after.
  idempotent:
    support: full
    description: Does nothing where there are none.
options:
  deployment:
    description: Id of the deployment.
    type: str
    required: true
  state:
    description: Volumes are only ever removed here; Swarm makes them.
    type: str
    choices: [absent]
    default: absent
"""

EXAMPLES = r"""
- name: The volumes of deployment abc, and all that is in them
  arpanet.cluster.deployment_volumes:
    deployment: abc
"""

RETURN = r"""
volumes:
  description: The volumes that were (or, in check mode, would be) removed.
  returned: success
  type: list
  elements: str
  sample: [abc_data]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import ENGINE
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ENGINE,
            "deployment": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["absent"], "default": "absent"},
        },
        supports_check_mode=True,
    )
    require(module, "docker")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine, EngineError

    try:
        engine = Engine(module.params["docker_host"])
        found = engine.volumes(names.check_deployment_id(module.params["deployment"]))
        if not module.check_mode:
            engine.each(engine.remove_volume, found)
    except (EngineError, names.InvalidName) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(found), volumes=found, diff={"before": {"volumes": found}, "after": {"volumes": []}})


if __name__ == "__main__":
    main()
