# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the manager which images are missing and sends it the contexts of those alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import build_context


class ActionModule(ActionBase):
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        builds = self._task.args.get("builds") or []
        asked = {**self._task.args, "archives": {}}
        answer = self._execute_module(module_args=asked, task_vars=task_vars)
        missing = [build for build in builds if build["image"] in answer.get("missing", [])]
        if answer.get("failed") or self._task.check_mode or not missing:
            return {**result, **answer}
        archives = {}
        self._make_tmp_path()
        for build in missing:
            with tempfile.NamedTemporaryFile(suffix=".tar.gz") as file:
                build_context.archive(Path(build["context"]), build["dockerfile"], file)
                file.flush()
                remote = self._connection._shell.join_path(self._connection._shell.tmpdir, f"{build['service']}.tar.gz")
                archives[build["image"]] = self._transfer_file(file.name, remote)
        try:
            return {
                **result,
                **self._execute_module(module_args={**asked, "archives": archives}, task_vars=task_vars),
            }
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
