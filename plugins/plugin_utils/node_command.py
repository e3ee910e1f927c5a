# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command on a host that is in no inventory yet, as root where its user may become it.

It goes the way that tasks go: Ansible's connection and become plugins, with the variables that are given.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.loader import become_loader, get_shell_plugin
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_python import NodeError, connect


def run_command(
    address: str, variables: Mapping[str, Any], command: str, become: bool, timeout: float | None = None
) -> str:
    """What a shell command prints on a host.

    :param variables: how the host is reached, such as `ansible_user`
    :param become: become root, unless the user is root already
    :param timeout: seconds to connect; the connection plugin's own without one
    """
    try:
        # Connection plugins find the host under these names.
        connection = connect(address, {**variables, "ansible_host": address, "inventory_hostname": address})
        if timeout is not None and "timeout" in C.config.get_configuration_definitions(
            "connection", connection._load_name
        ):
            connection.set_option("timeout", int(timeout))
        shell = get_shell_plugin(shell_type="sh", executable="/bin/sh")
        other = become and not _is_root(connection, variables)
        if other:
            command = _as_root(connection, variables, shell, command)
        words = f"/bin/sh -c {shell.quote(command)}"
        try:
            code, out, err = connection.exec_command(words, sudoable=other)
        finally:
            connection.close()
    except AnsibleError as error:
        raise NodeError(to_text(error)) from error
    if code != 0:
        said = " ".join(f"{to_text(out)} {to_text(err)}".split())
        raise NodeError(said or f"exit code {code}")
    return str(to_text(out))


def _is_root(connection: Any, variables: Mapping[str, Any]) -> bool:
    if connection.transport == "local":
        return getpass.getuser() == "root"
    try:
        return connection.get_option("remote_user") == "root"
    except (KeyError, AnsibleError):
        return variables.get("ansible_user") == "root"


def _as_root(connection: Any, variables: Mapping[str, Any], shell: Any, command: str) -> str:
    method = variables.get("ansible_become_method") or C.config.get_config_value("DEFAULT_BECOME_METHOD")
    become = become_loader.get(method)
    if become is None:
        raise NodeError(f"its become plugin {method} was not found")
    known = C.config.get_plugin_vars("become", become._load_name)
    become.set_options(var_options={name: variables[name] for name in known if name in variables})
    connection.set_become_plugin(become)
    return str(become.build_become_command(command, shell))
