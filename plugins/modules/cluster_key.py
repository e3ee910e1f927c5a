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
  kind:
    description: V(random) bytes in base64, or a V(ca) for Consul, its key and certificate in PEM.
    type: str
    choices: [random, ca]
    default: random
  length:
    description: Bytes of a new random key.
    type: int
    default: 32
  program:
    description: The consul program, which makes a CA.
    type: path
    default: /usr/local/bin/consul
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
  description: The key in base64, or the CA in PEM.
  returned: success
  type: str
"""

import base64
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.host import KEYS


def look(name: str, kind: str, length: int, program: str, check: bool) -> tuple[bool, str]:
    """Whether the key is new, and the key. A new one exists whole or not at all, and never replaces another."""
    found = cluster_keys.read(name, KEYS)
    if found:
        return False, found
    if check:
        return True, cluster_keys.PLACEHOLDER if kind == "ca" else base64.b64encode(bytes(length)).decode()
    made = cluster_keys.make_ca(program) if kind == "ca" else cluster_keys.random_key(length)
    cluster_keys.write(name, made, KEYS)
    return True, made


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "kind": {"type": "str", "choices": ["random", "ca"], "default": "random"},
            "length": {"type": "int", "default": 32},
            "program": {"type": "path", "default": "/usr/local/bin/consul"},
        },
        supports_check_mode=True,
    )
    asked = module.params
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", asked["name"]):
        module.fail_json(msg=f"{asked['name']} is not a key's name: use lower-case letters, digits and hyphens")
    try:
        changed, key = look(asked["name"], asked["kind"], asked["length"], asked["program"], module.check_mode)
    except cluster_keys.KeyFileError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=changed, key=key)


if __name__ == "__main__":
    main()
