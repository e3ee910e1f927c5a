# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a stack's file in this process: a Python of its own would cost more than the reading."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.arpanet.cluster.plugins.module_utils._options import STACK
from ansible_collections.arpanet.cluster.plugins.module_utils._stack import StackFileError, read_stack
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.secrecy import masked
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import (
    Need,
    SubnetError,
    check_room,
    parse_size,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.stack import without_secrets


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, asked = self.validate_argument_spec(
            argument_spec={
                **STACK,
                "file": {"type": "path", "required": True},
                "deployment": {"type": "str"},
                "subnet_size": {"type": "str"},
            }
        )
        try:
            stack = read_stack(**asked)
            for network, counts in stack.networks.items() if asked["subnet_size"] else ():
                # How many nodes there are is known later, and then the whole of it is checked.
                need = Need(counts["tasks"] + counts["everywhere"], 1)
                check_room(parse_size(asked["subnet_size"]), need, f"network {network}")
        except (StackFileError, SubnetError) as error:
            raise AnsibleActionFail(str(error)) from error
        for note in stack.notes:
            Display().warning(note)
        return {
            **result,
            "changed": False,
            "deployment": stack.deployment,
            "stack": stack.name,
            "model": without_secrets(stack.model),
            "builds": [masked(build) for build in stack.builds],
            "networks": stack.networks,
            "notes": stack.notes,
        }
