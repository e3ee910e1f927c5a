#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: package_upgrades
short_description: Tells to which versions installed packages could be upgraded
version_added: 0.1.0
description:
  - Asks the node's package manager and changes nothing but its lists.
  - A package that is held (C(apt-mark hold)) stays at its version, which is warned of where a newer one is there.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Answers from the lists as they are.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  names:
    description: The packages; those that are not installed are left out.
    type: list
    elements: str
    required: true
  refresh:
    description: Whether to read the sources anew before. Not in check mode.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Is there a newer engine?
  arpanet.cluster.package_upgrades:
    names: [docker.io]
"""

RETURN = r"""
upgrades:
  description: Package to its installed version and the one that would be installed; without those that are held.
  returned: success
  type: dict
  sample: {docker.io: [26.1.5, 28.5.2]}
"""

import platform

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import host
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.host import distribution
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.upgrades import (
    apt_upgrades,
    dnf_upgrades,
    held_back,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "refresh": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    family = distribution(host.text("/etc/os-release")).family
    installed = host.packages(family)
    names = [name for name in module.params["names"] if name in installed]
    if not names:
        module.exit_json(changed=False, upgrades={})
    if family == "debian":
        refresh, ask = ("apt-get", "-q", "update"), ("apt-cache", "policy", *names)
    else:
        refresh = ("dnf", "-q", "makecache")
        ask = ("dnf", "-q", "repoquery", "--upgrades", "--latest-limit=1", "--qf=%{name} %{version}-%{release}", *names)
    if module.params["refresh"] and not module.check_mode and host.run(*refresh, timeout=300)[0]:
        module.fail_json(msg=f"The package sources of this node cannot be read: {' '.join(refresh)} shows why.")
    code, said = host.run(*ask, timeout=120)
    if code:
        module.fail_json(msg=f"The package manager does not answer: {' '.join(ask)} ended with {code}.")
    upgrades = apt_upgrades(said) if family == "debian" else dnf_upgrades(said, installed)
    # dnf leaves out by itself what versionlock holds.
    held = held_back(upgrades, host.run("apt-mark", "showhold")[1]) if family == "debian" else []
    if held:
        # With the node's name, for Ansible shows the same warning once for all.
        module.warn(
            f"{platform.node()} holds {', '.join(held)}, of which there is a newer version. It stays at its own; "
            f"to have it upgraded, `apt-mark unhold {' '.join(held)}` there, and run this again."
        )
    module.exit_json(changed=False, upgrades={name: pair for name, pair in upgrades.items() if name not in held})


if __name__ == "__main__":
    main()
