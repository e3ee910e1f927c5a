# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of bundle_collect: says what is here already, and keeps what arrives."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import bundles

MODULE = "arpanet.cluster.bundle_collect"


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        directory = Path(self._task.args["bundle"]) / self._task.args["target"]
        scratch = self._make_tmp_path()
        remote = self._connection._shell.join_path(scratch, "bundle.tar")
        try:
            arguments = {
                **self._task.args,
                "have": bundles.files(directory),
                "listed": bundles.manifest(directory),
                "archive": remote,
            }
            answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
            answer.pop("invocation", None)
            if not answer.get("failed"):
                answer = self._keep(answer, directory, remote)
            return {**result, **answer}
        except (bundles.BundleError, OSError) as error:
            return {**result, "failed": True, "msg": str(error)}
        finally:
            self._remove_tmp_path(scratch)

    def _keep(self, answer: dict[str, Any], directory: Path, remote: str) -> dict[str, Any]:
        index, listed = answer.pop("index"), answer.pop("listed")
        if self._task.check_mode:
            return answer
        directory.mkdir(parents=True, exist_ok=True)
        if answer["fetched"]:
            with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".arriving-") as arriving:
                archive = Path(arriving) / "bundle.tar"
                self._connection.fetch_file(remote, str(archive))
                bundles.unpack(archive, directory, listed["files"])
        answer["changed"] = bundles.record(directory, index, listed) or bool(answer["fetched"])
        return answer
