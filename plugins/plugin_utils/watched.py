# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that take their time: who sits at a terminal sees the plan and how far it is."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.plugin_utils.follow import following
from ansible_collections.arpanet.cluster.plugins.plugin_utils.show import show, watched


class WatchedAction(ActionBase):
    """Runs the module of its name, which writes lines into the file of its option `progress`."""

    def work(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> tuple[dict[str, Any], bool]:
        """The module's answer, and whether anything of it has been shown.

        The file is read as the login user: `become` is busy with the module.
        """
        if not watched():
            return self._execute_module(module_args=arguments, task_vars=task_vars), False
        directory = self._make_tmp_path()
        file = self._connection._shell.join_path(directory, "progress")
        told = False

        def read(seen: int) -> str:
            command = f"tail -c +{seen + 1} {shlex.quote(file)}"
            return str(self._low_level_execute_command(command, sudoable=False).get("stdout", ""))

        def tell(line: str) -> None:
            nonlocal told
            told = True
            show(f"  {line}")

        try:
            with following(read, tell):
                answer = self._execute_module(module_args={**arguments, "progress": file}, task_vars=task_vars)
            return answer, told
        finally:
            self._remove_tmp_path(directory)


class MovesAction(WatchedAction):
    """A module that moves instances: what it does is in its answer's `text`, a line each."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        answer, told = self.work(dict(self._task.args), task_vars)
        for line in [] if told else str(answer.get("text", "")).splitlines():
            show(f"  {line}")
        return {**result, **answer}
