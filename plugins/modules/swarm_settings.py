#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_settings
short_description: Sets what a swarm has for all its nodes
version_added: 0.1.0
description:
  - Whether managers are locked when they start, and how long certificates are good. Run it on one manager.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says what would be set.
  diff_mode:
    support: full
    description: Shows the settings before and after.
  idempotent:
    support: full
    description: Does nothing where all is as asked for.
options:
  autolock:
    description: Whether a manager's engine has to be unlocked after each start. Left as it is where this is not given.
    type: bool
  certificate_days:
    description: Days that a node's certificate is good; nodes renew theirs long before. Left as it is where this is not
      given.
    type: int
"""

EXAMPLES = r"""
- name: Lock managers
  arpanet.cluster.swarm_settings:
    autolock: true
"""

RETURN = r"""
autolock:
  description: Whether managers are locked after a start.
  returned: success
  type: bool
certificate_days:
  description: Days that a node's certificate is good.
  returned: success
  type: int
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm, SwarmError


def main() -> None:
    module = AnsibleModule(
        argument_spec={"autolock": {"type": "bool"}, "certificate_days": {"type": "int"}},
        supports_check_mode=True,
    )
    asked, swarm = module.params, Swarm()
    try:
        found = swarm.settings()
        wanted = found.changed(asked["autolock"], asked["certificate_days"])
        if wanted != found and not module.check_mode:
            swarm.settle(wanted)
    except SwarmError as error:
        module.fail_json(msg=f"The swarm's settings cannot be changed on this manager: {error}")
    diff = {"before": asdict(found), "after": asdict(wanted)} if wanted != found else {}
    module.exit_json(changed=wanted != found, diff=diff, **asdict(wanted))


if __name__ == "__main__":
    main()
