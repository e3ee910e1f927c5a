#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_mend
short_description: Does the repairs of the whole cluster that C(doctor.yml) found
version_added: 0.1.0
description:
  - Deletes stale keys of Consul as they were seen, gives subnets back, removes what is left of deployments that do
    not exist, and takes members out of Serf and Consul that are gone.
  - Each repair looks again, so that what is in order by now, or in use, is left alone.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
attributes:
  check_mode:
    support: full
    description: Says what would be done.
  diff_mode:
    support: none
    description: The findings say what is there before.
  idempotent:
    support: full
    description: Does nothing without repairs.
options:
  repairs:
    description: The C(repair) of findings of C(doctor.yml) that concern no single node.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Forget a node that is gone
  arpanet.cluster.cluster_mend:
    repairs:
      - {do: force_leave, name: node9, parts: [serf, consul]}
"""

RETURN = r"""
failed_repairs:
  description: Why what could not be done could not be done.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import SwarmError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import SubnetError


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CONSUL, **ENGINE, "repairs": {"type": "list", "elements": "dict", "required": True}},
        supports_check_mode=True,
    )
    asked = module.params
    if module.check_mode or not asked["repairs"]:
        module.exit_json(changed=bool(asked["repairs"]), failed_repairs=[])
    require(module, "docker", "consul", "msgpack")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import ledger
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine, EngineError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import Locked
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import SerfError

    failures = []
    try:
        # To give up a member takes more than deploys may.
        engine, consul = Engine(asked["docker_host"]), connect(asked, purpose="management")
    except (ConsulError, EngineError) as error:
        module.fail_json(msg=str(error))
    for repair in asked["repairs"]:
        try:
            ledger.mend(engine, consul, repair)
        except (ConsulError, EngineError, SerfError, SubnetError, SwarmError) as error:
            failures.append(str(error))
        except Locked as error:
            failures.append(f"deployment {repair['deployment']}: {error}")
    module.exit_json(changed=len(failures) < len(asked["repairs"]), failed_repairs=failures)


if __name__ == "__main__":
    main()
