# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of cluster_backup: encrypts what the manager read, and writes it."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup
from ansible_collections.arpanet.cluster.plugins.plugin_utils import vault

MODULE = "arpanet.cluster.cluster_backup"


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        asked = self._task.args
        passphrase = vault.secret(asked.get("passphrase_file"), self._loader)
        directory = Path(asked["to"]).expanduser().absolute()
        if not directory.is_dir():
            raise AnsibleActionFail(f"{directory} is no directory of the controller: make it first")
        key = secrets.token_bytes(32)
        sealed = {**asked, "seal": base64.b64encode(key).decode()}
        answer = self._execute_module(module_name=MODULE, module_args=sealed, task_vars=task_vars)
        archive = answer.pop("archive", "")
        answer.pop("invocation", None)
        result.update(answer)
        if result.get("failed") or self._task.check_mode:
            return result
        data = vault.encrypted(backup.seal(base64.b64decode(archive), key), passphrase)
        about = result["about"]
        path = directory / f"arpanet-{about['cluster'][:6]}-{about['created']}.vault"
        try:
            _write(path, data)
        except OSError as error:
            raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}") from error
        result.update(path=str(path), size=len(data))
        return result


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and for its owner alone."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(0o600)
    Path(file.name).replace(path)
