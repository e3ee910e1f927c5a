# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task's images need to be pulled, found on the controller.

Passwords are never a result of a task: they go straight into an option that Ansible does not log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.logins import LoginError, find


def with_logins(arguments: Mapping[str, Any], images: Iterable[str]) -> dict[str, Any]:
    """A module's arguments with the logins for these images in place of where to find them."""
    rest = {key: value for key, value in arguments.items() if key not in ("registry_auth", "registry_logins")}
    given = arguments.get("registry_logins") or {}
    if not isinstance(given, Mapping):
        raise AnsibleActionFail("registry_logins: give {REGISTRY: {username: ..., password: ...}}")
    try:
        found, notes = find(images, str(arguments.get("registry_auth") or ""), given)
    except LoginError as error:
        raise AnsibleActionFail(str(error)) from error
    for note in notes:
        Display().warning(note)
    return {**rest, "registry_credentials": json.dumps(found)}
