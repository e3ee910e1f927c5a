# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows a text on the controller and writes what it says into a file."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.arpanet.cluster.plugins.plugin_utils.show import show


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, asked = self.validate_argument_spec(
            argument_spec={
                "text": {"type": "str", "required": True},
                "data": {"type": "raw", "required": True},
                "format": {"type": "str", "choices": ["table", "json"], "default": "table"},
                "output": {"type": "path"},
            }
        )
        data = json.dumps(asked["data"], indent=2)
        show(asked["text"] if asked["format"] == "table" else data)
        result["changed"] = False
        if asked["output"]:
            path = Path(asked["output"]).absolute()
            try:
                result["changed"] = _write(path, f"{data}\n", self._task.check_mode)
            except OSError as error:
                raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}") from error
            result["output"] = str(path)
        return result


def _write(path: Path, text: str, check: bool) -> bool:
    """Replace a file in one step. False when it had this content."""
    if path.is_file() and path.read_text() == text:
        return False
    if check:
        return True
    if path.exists() and not path.is_file():
        # A pipe or /dev/stdout.
        path.write_text(text)
        return True
    umask = os.umask(0)
    os.umask(umask)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
        Path(file.name).chmod(0o666 & ~umask)
    Path(file.name).replace(path)
    return True
