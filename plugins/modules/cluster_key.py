#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_key
short_description: Reads a key that the cluster made for itself, or makes it
version_added: 0.1.0
description:
  - Keys lie in C(/etc/arpanet/keys) of the managers, readable by root alone. The first run makes them,
    every later run reads them from any manager, and none is ever stored on the controller.
  - Use it with C(no_log), on one manager at a time.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Returns a key that is thrown away where there is none yet.
  diff_mode:
    support: none
    description: A key is never shown.
  idempotent:
    support: full
    description: Never replaces a key.
options:
  name:
    description: The key's name, which is its file's name.
    type: str
    required: true
  length:
    description: Bytes of a new key.
    type: int
    default: 32
"""

EXAMPLES = r"""
- name: The key of Serf's gossip
  arpanet.cluster.cluster_key:
    name: serf
  register: __serf_key
  run_once: true
  no_log: true
"""

RETURN = r"""
key:
  description: The key in base64.
  returned: success
  type: str
"""

import base64
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.host import KEYS


def make(path: Path, length: int) -> str:
    """Write a new key so that it exists whole or not at all, and never replaces another."""
    key = cluster_keys.random_key(length)
    cluster_keys.write(path.name, key, str(path.parent))
    return key


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "length": {"type": "int", "default": 32},
        },
        supports_check_mode=True,
    )
    name, length = module.params["name"], module.params["length"]
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        module.fail_json(msg=f"{name} is not a key's name: use lower-case letters, digits and hyphens")
    path = Path(KEYS) / name
    try:
        key = path.read_text().strip()
        changed = False
    except FileNotFoundError:
        changed = True
        key = base64.b64encode(bytes(length)).decode() if module.check_mode else make(path, length)
    if not key:
        module.fail_json(msg=f"{path} is empty; put the key there that the other managers have")
    module.exit_json(changed=changed, key=key)


if __name__ == "__main__":
    main()
