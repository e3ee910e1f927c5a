# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that several modules share; documented in plugins/doc_fragments/."""

from __future__ import annotations

from typing import Any

CONSUL: dict[str, Any] = {
    "consul_url": {"type": "str", "default": "http://127.0.0.1:8500"},
    "consul_token": {"type": "str", "no_log": True},
    "consul_token_file": {"type": "path", "no_log": False},
}

ENGINE: dict[str, Any] = {
    "docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"},
}

# How instances are moved off a node; the action plugin sets the last one.
MOVES: dict[str, Any] = {
    "timeout": {"type": "int", "default": 300},
    "lock_timeout": {"type": "int", "default": 60},
    "progress": {"type": "path"},
}

# How a stack's file is read, on the controller.
STACK: dict[str, Any] = {
    "file": {"type": "path"},
    "profiles": {"type": "list", "elements": "str", "default": []},
    "env_files": {"type": "list", "elements": "path", "default": []},
    "environment": {"type": "dict", "default": {}},
    "compose_command": {"type": "list", "elements": "str", "default": []},
}

# What to log in with at image registries; the action plugins turn the first two into the third.
LOGINS: dict[str, Any] = {
    "registry_auth": {"type": "str"},
    "registry_logins": {"type": "dict", "default": {}, "no_log": True},
    "registry_credentials": {"type": "str", "no_log": True},
}
