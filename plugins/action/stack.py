# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the stack's file on the controller, hands the model to the module on the manager, and
shows where the deployment runs.

The model and the logins at registries hold what must not be shown, so they are never variables of
the play: they go straight into options that Ansible does not log.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils._options import STACK
from ansible_collections.arpanet.cluster.plugins.module_utils._stack import StackFileError, read_stack
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plan import as_lines
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tables import table
from ansible_collections.arpanet.cluster.plugins.plugin_utils.logins import with_logins
from ansible_collections.arpanet.cluster.plugins.plugin_utils.show import for_people, show
from ansible_collections.arpanet.cluster.plugins.plugin_utils.watched import WatchedAction


class ActionModule(WatchedAction):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state", "present") == "present":
            try:
                stack = read_stack(**arguments)
            except StackFileError as error:
                return {**result, "failed": True, "msg": str(error)}
            arguments = with_logins(arguments, stack.images)
            arguments.update(stack=stack.name, model=json.dumps(stack.model))
        # How the file was read; it is no business of the manager's.
        arguments = {key: value for key, value in arguments.items() if key not in STACK}
        arguments["controller"] = f"{getpass.getuser()}@{socket.gethostname()} (process {os.getppid()})"
        answer, told = self.work(arguments, task_vars)
        if not told:
            for line in as_lines(answer.get("plan") or []):
                show(f"  {line}")
        _show(answer)
        return {**result, **(_short(answer) if answer.get("failed") and for_people() else answer)}


def _short(answer: dict[str, Any]) -> dict[str, Any]:
    """A failure without what has been shown: Ansible prints all the rest of it."""
    failures = [{key: part for key, part in one.items() if key != "log"} for one in answer.get("failures") or []]
    rest = {key: value for key, value in answer.items() if key not in ("plan", "diff", "notes", "failures")}
    return {**rest, "failures": failures} if failures else rest


def _show(answer: dict[str, Any]) -> None:
    """The instances, or why there are none, for the user at the keyboard."""
    placed = answer.get("placements")
    if placed:
        rows = [[where["instance"], where["node"], where["address"], where["state"]] for where in placed]
        show(table(["INSTANCE", "NODE", "ADDRESS", "STATE"], rows, indent=2))
    for failure in answer.get("failures") or []:
        show(f"  ! {failure['instance']} on {failure['node'] or 'no node'}: {failure['reason']}")
        for line in failure["log"]:
            show(f"      {line}")
