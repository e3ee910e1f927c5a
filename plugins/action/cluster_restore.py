# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of cluster_restore: decrypts the backup, and sends it to the node."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup
from ansible_collections.arpanet.cluster.plugins.plugin_utils import vault

MODULE = "arpanet.cluster.cluster_restore"


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        asked = dict(self._task.args)
        path = Path(asked["from"]).expanduser().absolute()
        data = vault.decrypted(path, vault.secret(asked.get("passphrase_file"), self._loader))
        try:
            saved = backup.unpack(data)
        except backup.BackupError as error:
            raise AnsibleActionFail(f"{path}: {error}") from error
        if asked.get("part", "about") == "about":
            return {**result, "changed": False, "about": dict(saved.about)}
        asked["archive"] = base64.b64encode(data).decode()
        result.update(self._execute_module(module_name=MODULE, module_args=asked, task_vars=task_vars))
        # What was called with what is part of a result.
        result.pop("invocation", None)
        return result
