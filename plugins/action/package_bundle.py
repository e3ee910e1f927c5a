# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of package_bundle: reads the bundle, and sends what the node says that it lacks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import bundles
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import package_bundle

MODULE = "arpanet.cluster.package_bundle"


def examine(root: Path, target: str, asked: dict[str, Any]) -> str:
    """The index of a bundle that has everything that is asked for; BundleError says what it lacks."""
    directory = root / target
    listed = bundles.manifest(directory)
    if not listed:
        there = ", ".join(sorted(path.parent.name for path in root.glob(f"*/{package_bundle.MANIFEST}")))
        raise bundles.BundleError(
            f"the bundle {root} has nothing for {target} (it has: {there or 'nothing'}). Collect it on a connected "
            f"host of that release: ansible-playbook bundle.yml -e bundle={root} -e bundle_on=<host>"
        )
    bundles.verify(directory, [package_bundle.INDEX])
    index = (directory / package_bundle.INDEX).read_text()
    absent = package_bundle.unknown(index, asked.get("packages") or [])
    absent += [name for name in asked.get("requirements") or [] if name not in listed["requirements"]]
    if absent:
        raise bundles.BundleError(
            f"the bundle {directory} does not have {', '.join(absent)}. "
            f"Collect again with the variables of this run: ansible-playbook bundle.yml -e bundle={root}"
        )
    bundles.verify(directory, [f"{package_bundle.ARCHIVES}/{name}" for name in asked.get("archives") or []])
    if asked.get("requirements"):
        bundles.verify(directory, [path for path in listed["files"] if path.startswith(f"{package_bundle.WHEELS}/")])
    return index


class ActionModule(ActionBase):
    """Ask the node first: only what it lacks is read, compared with its checksum and sent."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        host = (task_vars or {}).get("inventory_hostname", "")
        try:
            answer = self._install(dict(self._task.args), task_vars)
        except (bundles.BundleError, OSError) as error:
            answer = {"failed": True, "msg": str(error)}
        if answer.get("failed"):
            answer["msg"] = f"{host}: {answer.get('msg', '')}"
        return {**result, **answer}

    def _install(self, asked: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        directory = Path(asked["bundle"]) / asked["target"]
        asked["index"] = examine(Path(asked["bundle"]), asked["target"], asked)
        if not asked.get("packages"):
            return {"changed": False, "files": []}
        answer = self._ask(asked, task_vars)
        if answer.get("failed") or not answer.get("files"):
            return answer
        bundles.verify(directory, answer["files"])
        if self._task.check_mode:
            return answer
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            bundles.pack(directory, answer["files"], archive)
            archive.flush()
            scratch = self._make_tmp_path()
            remote = self._connection._shell.join_path(scratch, "packages.tar")
            self._transfer_file(archive.name, remote)
        try:
            return self._ask({**asked, "archive": remote}, task_vars)
        finally:
            self._remove_tmp_path(scratch)

    def _ask(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        # The index is long, and nobody's business.
        answer.pop("invocation", None)
        return answer
