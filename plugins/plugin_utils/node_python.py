# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few lines of Python on a host of the inventory, outside of any task.

A lookup runs on the controller, but what it asks for may be heard on a node's loopback alone. So it
goes the way that tasks go: the host's connection plugin, with the host's variables.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader


class NodeError(Exception):
    """The lines did not run; the message says why, not where."""


# As whom one logs in, or as root where sudo lets one without a question.
_AS_ROOT = 'if [ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null; then exec {0}; else exec sudo -n {0}; fi'


def run_python(
    host: str, variables: Mapping[str, Any], script: str, secret: bool = False, as_root: bool = False
) -> str:
    """What a script prints on a host.

    :param variables: the host's, as `hostvars` has them.
    :param secret: the script must not be seen in a list of processes.
    :param as_root: run it as root where that is allowed.
    """
    try:
        connection = connect(host, variables)
        shape = _AS_ROOT if as_root else "exec {0}"
        python = _interpreter(variables)
        if connection.has_pipelining:
            command = _shell(shape.format(f"{python} -"))
            code, out, err = connection.exec_command(command, in_data=to_bytes(script), sudoable=False)
        elif secret:
            raise NodeError(f"its connection ({connection.transport}) cannot keep a token secret")
        else:
            command = _shell(shape.format(f"{python} -c {shlex.quote(script)}"))
            code, out, err = connection.exec_command(command, sudoable=False)
        connection.close()
    except AnsibleError as error:
        raise NodeError(to_text(error)) from error
    if code != 0:
        raise NodeError(to_text(err or out).strip() or f"exit code {code}")
    return str(to_text(out))


def connect(host: str, variables: Mapping[str, Any]) -> Any:
    """A host's connection plugin, with the host's variables set."""
    transport = variables.get("ansible_connection") or C.config.get_config_value("DEFAULT_TRANSPORT")
    context = PlayContext()
    context.connection = "ssh" if transport == "smart" else transport
    context.remote_addr = variables.get("ansible_host") or host
    # Older connection plugins insist on the second argument, which nobody uses any more.
    connection = connection_loader.get(context.connection, context, new_stdin=None)
    if connection is None:
        raise NodeError(f"its connection plugin {transport} was not found")
    known = C.config.get_plugin_vars("connection", connection._load_name)
    connection.set_options(var_options={name: variables[name] for name in known if name in variables})
    return connection


def _shell(command: str) -> str:
    return f"/bin/sh -c {shlex.quote(command)}"


def _interpreter(variables: Mapping[str, Any]) -> str:
    stated = str(variables.get("ansible_python_interpreter") or "auto")
    # What `auto` finds out takes a task; the nodes' Python is in the path.
    return "python3" if stated.startswith("auto") else stated
