# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of agent_release: packs the agent, and sends it where it is missing."""

from __future__ import annotations

import tempfile
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import bundle
from ansible_collections.arpanet.cluster.plugins.plugin_utils import agent_source

MODULE = "arpanet.cluster.agent_release"


class ActionModule(ActionBase):
    """Nothing is sent to a node that has the release: one that has not been looked at is asked first."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        version, files = agent_source.version(), agent_source.files()
        arguments = {**self._task.args, "name": bundle.name(version, files)}
        if self._task.check_mode or not lacks(arguments, task_vars or {}):
            result.update(self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars))
            if result.get("failed") or not result.get("wants_archive"):
                return result
        with tempfile.NamedTemporaryFile(suffix=".tar.gz") as archive:
            archive.write(bundle.bundle(version, files).data)
            archive.flush()
            directory = self._make_tmp_path()
            remote = self._connection._shell.join_path(directory, "agent.tar.gz")
            self._transfer_file(archive.name, remote)
        arguments["archive"] = remote
        result.update(self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars))
        self._remove_tmp_path(directory)
        return result


def lacks(arguments: dict[str, Any], task_vars: dict[str, Any]) -> bool:
    """Whether the look at the node (node_facts) has found no agent, or another."""
    looked = task_vars.get("ansible_facts", {}).get("arpanet_node", {}).get("files", {})
    said = looked.get(f"{arguments.get('directory', '/opt/arpanet')}/current", {})
    return bool(said) and not str(said.get("target")).endswith(f"/{arguments['name']}")
