"""Python on a host: for real over the connection `local`, and what is asked of other connections."""

from __future__ import annotations

import shlex
import sys
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.loader import connection_loader
from ansible_collections.arpanet.cluster.plugins.plugin_utils import node_python
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_python import NodeError, run_python

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def test_a_script_runs_and_prints() -> None:
    assert run_python("node1", LOCAL, "import os; print(6 * 7)") == "42\n"


def test_a_script_that_fails_says_why() -> None:
    with pytest.raises(NodeError, match="ZeroDivisionError"):
        run_python("node1", LOCAL, "1 / 0")


def test_an_interpreter_that_is_not_there() -> None:
    with pytest.raises(NodeError, match="/nowhere/python"):
        run_python("node1", {**LOCAL, "ansible_python_interpreter": "/nowhere/python"}, "")


def test_a_connection_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_python, "connection_loader", Mock(get=Mock(return_value=None)))
    with pytest.raises(NodeError, match="connection plugin pigeon was not found"):
        run_python("node1", {"ansible_connection": "pigeon"}, "")


@pytest.fixture
def ssh(monkeypatch: pytest.MonkeyPatch) -> Mock:
    connection = Mock(has_pipelining=True, _load_name="ssh", transport="ssh")
    connection.exec_command.return_value = (0, b"out", b"")
    # The options of the real one.
    connection_loader.get("ssh", class_only=True)
    loader = Mock(get=Mock(return_value=connection))
    monkeypatch.setattr(node_python, "connection_loader", loader)
    connection.loader = loader
    return connection


def command(ssh: Mock) -> tuple[str, bytes | None]:
    call = ssh.exec_command.call_args
    return call.args[0], call.kwargs.get("in_data")


def test_the_connection_gets_the_hosts_variables(ssh: Mock) -> None:
    variables: dict[str, Any] = {
        "ansible_host": "192.0.2.11",
        "ansible_ssh_private_key_file": "/keys/a",
        "something_else": 1,
    }
    assert run_python("node1", variables, "print()") == "out"
    name, context = ssh.loader.get.call_args.args
    assert (name, context.remote_addr) == ("ssh", "192.0.2.11")
    given = ssh.set_options.call_args.kwargs["var_options"]
    assert given["ansible_ssh_private_key_file"] == "/keys/a"
    assert "something_else" not in given
    ssh.close.assert_called_once()


def test_the_script_is_no_argument_of_a_process(ssh: Mock) -> None:
    run_python("node1", {}, "token = 'hidden'", secret=True)
    assert command(ssh) == ("/bin/sh -c 'exec python3 -'", b"token = 'hidden'")


def test_unless_the_connection_has_no_other_way(ssh: Mock) -> None:
    ssh.has_pipelining = False
    run_python("node1", {"ansible_python_interpreter": "auto_silent"}, "print(1)")
    sent, given = command(ssh)
    assert given is None
    assert shlex.split(shlex.split(sent)[2]) == ["exec", "python3", "-c", "print(1)"]
    with pytest.raises(NodeError, match="cannot keep a token secret"):
        run_python("node1", {}, "token = 'hidden'", secret=True)


def test_a_host_that_is_down(ssh: Mock) -> None:
    ssh.exec_command.side_effect = AnsibleConnectionFailure("ssh: connect to host 192.0.2.11 port 22: timed out")
    with pytest.raises(NodeError, match="port 22: timed out"):
        run_python("node1", {}, "print()")


def test_as_root_where_that_is_allowed(ssh: Mock) -> None:
    run_python("node1", {}, "print(1)", as_root=True)
    (shell, flag, script) = shlex.split(command(ssh)[0])
    assert (shell, flag) == ("/bin/sh", "-c")
    assert script.endswith("then exec python3 -; else exec sudo -n python3 -; fi")
    assert "sudo -n true" in script
