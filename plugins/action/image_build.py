# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the manager which images are missing and sends it what those alone are made of."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils._options import LOGINS, STACK
from ansible_collections.arpanet.cluster.plugins.module_utils._stack import StackFileError, read_stack
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import build_context
from ansible_collections.arpanet.cluster.plugins.plugin_utils.logins import with_logins

# What of a build may hold what must not be shown.
_HIDDEN = ("args", "labels")


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        # How the file is read matters here and nowhere else.
        asked = {key: value for key, value in self._task.args.items() if key not in (*STACK, *LOGINS, "deployment")}
        answer = self._execute_module(module_args={**asked, "archives": {}}, task_vars=task_vars)
        if answer.get("failed") or self._task.check_mode or not answer.get("missing"):
            return {**result, **answer}
        builds = self._builds(answer["missing"])
        bases = {base for build in builds for base in build_context.bases(Path(build["context"]), build["dockerfile"])}
        asked["registry_credentials"] = with_logins(self._task.args, bases)["registry_credentials"]
        asked["hidden"] = json.dumps({build["image"]: {key: build[key] for key in _HIDDEN} for build in builds})
        archives = {}
        # What there is, or one more would be left behind; Ansible removes it in the end.
        scratch = self._connection._shell.tmpdir or self._make_tmp_path()
        for build in builds:
            with tempfile.NamedTemporaryFile(suffix=".tar.gz") as file:
                build_context.archive(Path(build["context"]), build["dockerfile"], file)
                file.flush()
                remote = self._connection._shell.join_path(scratch, f"{build['service']}.tar.gz")
                archives[build["image"]] = self._transfer_file(file.name, remote)
        return {**result, **self._execute_module(module_args={**asked, "archives": archives}, task_vars=task_vars)}

    def _builds(self, missing: list[str]) -> list[dict[str, Any]]:
        """The missing images' builds as the stack's file has them."""
        try:
            builds = read_stack(**self._task.args).builds
        except StackFileError as error:
            raise AnsibleActionFail(str(error)) from error
        found = [build for build in builds if build["image"] in missing]
        if len({build["image"] for build in found}) < len(missing):
            raise AnsibleActionFail("what is built has changed while this ran: run the same again")
        return found
