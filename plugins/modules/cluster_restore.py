#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_restore
short_description: Puts a part of what cluster_backup saved back on a node
version_added: 0.1.0
description:
  - Decrypts on the controller, in memory, and sends the archive to the node over Ansible's own connection.
  - Refused on a node that is in a swarm, unless a restore of the same backup has made it. One that was cut off goes on;
    once all parts are there, nothing of the backup is put back any more.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  action:
    support: full
    description: Decrypts on the controller.
  check_mode:
    support: full
    description: Says whether the node has it already.
  diff_mode:
    support: none
    description: Secrets are never shown.
  idempotent:
    support: full
    description: Leaves alone what the node, or the cluster, has already.
options:
  from:
    description: File on the controller.
    type: path
    required: true
  passphrase_file:
    description: File on the controller with the passphrase. Without one, the vault password of the run is taken.
    type: path
  part:
    description:
      - V(about) only says what the backup is of.
      - V(keys) are the keys of the cluster.
      - V(swarm) makes the node the only manager of the saved swarm.
      - V(consul) puts keys and external services back into a Consul that has a leader.
    type: str
    choices: [about, keys, swarm, consul]
    default: about
  address:
    description: With O(part=swarm), the node's address for its peers.
    type: str
    default: ""
  timeout:
    description: Seconds for the swarm to go on.
    type: float
    default: 120
  archive:
    description: The archive in base64; the action plugin sets it.
    type: str
"""

EXAMPLES = r"""
- name: What is this backup of?
  arpanet.cluster.cluster_restore:
    from: backups/arpanet-u8x1k2-20260301T120000Z.vault
    passphrase_file: ~/.arpanet-passphrase
"""

RETURN = r"""
about:
  description: What the backup is of.
  returned: success
  type: dict
  sample: {cluster: u8x1k2, created: 20260301T120000Z, node: alpha, node_id: n1}
reached:
  description:
    - How far a restore of this backup had come on the node. V(begun) and V(on) are before and after O(part=swarm),
      V(done) is after O(part=consul); empty on a fresh node.
  returned: success, but for O(part=about)
  type: str
"""

import base64
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import backup as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup


def restore(saved: backup.Backup, reached: str, asked: dict[str, Any], check: bool) -> bool:
    """Whether the node lacks a part; it has it afterwards, unless this is a check."""
    if reached == backup.DONE:
        # What has changed since was meant: a key that was rotated, a newer record.
        return False
    if asked["part"] == "keys":
        keys = adapter.missing_keys(saved)
        if keys and not check:
            adapter.write_keys(keys)
        return bool(keys)
    if asked["part"] == "swarm":
        if reached != backup.ON and not check:
            adapter.write_swarm(saved, asked["address"], asked["timeout"])
        return reached != backup.ON
    if reached != backup.ON:
        if check:
            return True
        raise backup.BackupError("the saved swarm does not go on here yet")
    entries = adapter.missing_in_consul(saved)
    if not check:
        adapter.write_consul(entries)
        adapter.mark(saved, backup.DONE)
    return bool(entries)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "from": {"type": "path", "required": True},
            "passphrase_file": {"type": "path", "no_log": False},
            "part": {
                "type": "str",
                "choices": ["about", "keys", "swarm", "consul"],
                "default": "about",
            },
            "address": {"type": "str", "default": ""},
            "timeout": {"type": "float", "default": 120},
            "archive": {"type": "str", "no_log": True},
        },
        required_if=[("part", "swarm", ["address"])],
        supports_check_mode=True,
    )
    asked = module.params
    try:
        saved = backup.unpack(base64.b64decode(asked["archive"] or ""))
        reached = adapter.reached(saved)
        changed = restore(saved, reached, asked, module.check_mode)
    except backup.BackupError as error:
        module.fail_json(msg=f"{asked['part']} cannot be restored on this node: {error}")
    module.exit_json(changed=changed, about=dict(saved.about), reached=reached)


if __name__ == "__main__":
    main()
