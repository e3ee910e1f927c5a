#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gossip_key
short_description: Changes the key of Serf's or Consul's gossip on all members, while they use it
version_added: 0.1.0
description:
  - Gives a key to all members and has them write with it (V(used)), or takes all others away (V(only)).
  - Refuses while a member is not there, which would be left out for good.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says whether something would be done.
  diff_mode:
    support: none
    description: A key is never shown.
  idempotent:
    support: partial
    description: Serf does not say which key is in use, so it is told again with O(state=used).
options:
  gossip:
    description: Whose.
    type: str
    choices: [serf, consul]
    required: true
  key:
    description: The key in base64. Without one, only whether all members are there is looked at.
    type: str
  state:
    description: Whether the key is written with beside others, or is the only one.
    type: str
    choices: [used, only]
    default: used
  consul_url:
    description: HTTP address of the node's Consul agent.
    type: str
    default: http://127.0.0.1:8500
  consul_token_file:
    description: File with a token that may change keys; none is used where there is no such file.
    type: path
    default: /etc/arpanet/tokens/management
"""

EXAMPLES = r"""
- name: Everybody writes with the new key
  arpanet.cluster.gossip_key:
    gossip: serf
    key: "{{ __rotate_next.key }}"
  no_log: true
"""

RETURN = r"""
members:
  description: How many members there are.
  returned: success
  type: int
done:
  description: What was done, as V(install), V(use) or V(remove).
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import keyring


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "gossip": {"type": "str", "choices": ["serf", "consul"], "required": True},
            "key": {"type": "str", "no_log": True},
            "state": {"type": "str", "choices": ["used", "only"], "default": "used"},
            "consul_url": {"type": "str", "default": "http://127.0.0.1:8500"},
            "consul_token_file": {"type": "path", "default": "/etc/arpanet/tokens/management", "no_log": False},
        },
        supports_check_mode=True,
    )
    require(module, "msgpack")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.keyring import ConsulKeys, SerfKeys

    asked = module.params
    serf = asked["gossip"] == "serf"
    keys = SerfKeys() if serf else ConsulKeys(asked["consul_url"], asked["consul_token_file"])
    done = []
    try:
        ring = keys.ring()
        keyring.check(ring)
        steps = []
        if asked["key"]:
            plan = keyring.before if asked["state"] == "used" else keyring.after
            steps = plan(ring, asked["key"])
        for step in steps:
            if not module.check_mode:
                keys.apply(step)
            done.append(step.verb)
    except keyring.RotationError as error:
        module.fail_json(
            msg=f"The key of {asked['gossip']} cannot be changed: {error}. "
            "Bring all members back, or take out those that are gone with leave.yml, and run rotate_keys.yml again."
        )
    module.exit_json(changed=bool(steps), members=ring.members, done=done)


if __name__ == "__main__":
    main()
