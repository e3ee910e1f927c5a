# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the stack's file on the controller, hands the model to the module on the manager, and
shows where the deployment runs.

The model holds what must not be shown, so it is never a variable of the play: it goes straight
into an option that Ansible does not log.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.module_utils._stack import StackFileError, read_stack
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tables import table
from ansible_collections.arpanet.cluster.plugins.plugin_utils.show import show


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state", "present") == "present":
            try:
                stack = read_stack(**arguments)
            except StackFileError as error:
                return {**result, "failed": True, "msg": str(error)}
            arguments.update(stack=stack.name, model=json.dumps(stack.model))
        arguments["controller"] = f"{getpass.getuser()}@{socket.gethostname()} (process {os.getppid()})"
        answer = self._execute_module(module_args=arguments, task_vars=task_vars)
        _show(answer)
        return {**result, **answer}


def _show(answer: dict[str, Any]) -> None:
    """The plan in a line each, then the instances, or why there are none, for the user at the keyboard."""
    signs = {"create": "+", "update": "~", "remove": "-"}
    for change in answer.get("plan") or []:
        restarts = " (restarts its instances)" if change["restarts"] else ""
        fields = ", ".join(change["fields"]) if change["action"] == "update" else ""
        show(f"  {signs[change['action']]} {change['kind']} {change['name']}{restarts} {fields}".rstrip())
    placed = answer.get("placements")
    if placed:
        rows = [[where["instance"], where["node"], where["address"], where["state"]] for where in placed]
        show(table(["INSTANCE", "NODE", "ADDRESS", "STATE"], rows, indent=2))
    for failure in answer.get("failures") or []:
        show(f"  ! {failure['instance']} on {failure['node'] or 'no node'}: {failure['reason']}")
        for line in failure["log"]:
            show(f"      {line}")
