#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_keys
short_description: Reads what the cluster made for Consul on its first manager, or makes it
version_added: 0.1.0
description:
  - The key of the gossip, the key that all tokens follow from, and the private CA. They lie in
    C(/etc/arpanet/keys) of the managers, readable by root alone.
  - The first run makes them, every later run reads them from any manager, and none is ever stored on the controller.
  - Use it with C(no_log), on one manager at a time.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Returns keys that are thrown away where there are none yet.
  diff_mode:
    support: none
    description: A key is never shown.
  idempotent:
    support: full
    description: Never replaces a key.
options:
  program:
    description: The consul program, which makes the CA.
    type: path
    default: /usr/local/bin/consul
"""

EXAMPLES = r"""
- name: What Consul's configuration needs
  arpanet.cluster.consul_keys:
  register: __consul_keys
  run_once: true
  no_log: true
"""

RETURN = r"""
keys:
  description: C(consul) for the gossip, C(consul-acl) for tokens, C(consul-ca) with the CA's key and certificate.
  returned: success
  type: dict
ca:
  description: What the CA's certificate says.
  returned: success
  type: dict
  sample: {subject: Consul Agent CA 1, issuer: Consul Agent CA 1, names: [], days: 3649}
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import (
    ACL_KEY,
    CA_KEY,
    GOSSIP_KEY,
    KEY_NAMES,
    KEYS,
)


def look(program: str, check: bool) -> dict[str, Any]:
    """Read the keys, making those that are missing."""
    keys = {name: cluster_keys.read(name, KEYS) for name in KEY_NAMES}
    missing = [name for name, text in keys.items() if not text]
    for name in missing:
        if check:
            keys[name] = cluster_keys.PLACEHOLDER if name == CA_KEY else cluster_keys.random_key()
            continue
        text = {
            GOSSIP_KEY: cluster_keys.random_key,
            ACL_KEY: cluster_keys.random_key,
            CA_KEY: lambda: cluster_keys.make_ca(program),
        }[name]()
        cluster_keys.write(name, text, KEYS)
        keys[name] = text
    ca = {} if check and CA_KEY in missing else cluster_keys.decoded_text(keys[CA_KEY])
    return {"changed": bool(missing), "keys": keys, "ca": ca}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"program": {"type": "path", "default": "/usr/local/bin/consul"}},
        supports_check_mode=True,
    )
    try:
        module.exit_json(**look(module.params["program"], module.check_mode))
    except (cluster_keys.KeyFileError, ValueError) as error:
        module.fail_json(msg=f"the keys in {Path(KEYS)}: {error}")


if __name__ == "__main__":
    main()
