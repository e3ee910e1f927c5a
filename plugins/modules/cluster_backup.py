#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_backup
short_description: Saves what a cluster cannot be built of anew, encrypted, on the controller
version_added: 0.1.0
description:
  - Swarm's state, the cluster's keys, Consul's keys and snapshot. They are encrypted on the controller, in memory, as
    C(ansible-vault) does, and are on no disk in the clear but those of the managers.
  - Run it on one manager. Its engine stands still for less than a second; containers, and the swarm, go on.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  action:
    support: full
    description: Encrypts and writes on the controller.
  check_mode:
    support: full
    description: Says that a file would be written, and reads nothing.
  diff_mode:
    support: none
    description: Secrets are never shown.
  idempotent:
    support: none
    description: Each run saves what there is.
options:
  to:
    description: Directory on the controller.
    type: path
    required: true
  passphrase_file:
    description: File on the controller with the passphrase. Without one, the vault password of the run is taken.
    type: path
  seal:
    description: Hides the archive on its way, in base64; the action plugin sets it.
    type: str
"""

EXAMPLES = r"""
- name: Save the cluster
  arpanet.cluster.cluster_backup:
    to: backups
    passphrase_file: ~/.arpanet-passphrase
"""

RETURN = r"""
path:
  description: The file that was written.
  returned: success
  type: str
  sample: /home/me/backups/arpanet-u8x1k2-20260301T120000Z.vault
size:
  description: Its size in bytes.
  returned: success
  type: int
"""

import base64
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import backup as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup


def main() -> None:
    # The action plugin keeps its own options, and takes the archive out of the result.
    module = AnsibleModule(
        argument_spec={
            "to": {"type": "path", "required": True},
            "passphrase_file": {"type": "path", "no_log": False},
            "seal": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    created = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    try:
        saved = adapter.read(created)
    except backup.BackupError as error:
        module.fail_json(msg=f"The cluster cannot be saved: {error}")
    if problem := backup.autolock_problem(saved):
        module.warn(f"This backup cannot be restored: {problem}.")
    sealed = backup.seal(backup.pack(saved), base64.b64decode(module.params["seal"]))
    module.exit_json(changed=True, about=dict(saved.about), archive=base64.b64encode(sealed).decode())


if __name__ == "__main__":
    main()
