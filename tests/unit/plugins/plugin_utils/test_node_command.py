"""A command on a host: for real over the connection `local`, and what is asked of other connections."""

from __future__ import annotations

import shlex
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.loader import become_loader, connection_loader
from ansible_collections.arpanet.cluster.plugins.plugin_utils import node_command, node_python
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_command import run_command
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_python import NodeError

LOCAL = {"ansible_connection": "local"}


def test_a_command_runs_and_prints() -> None:
    assert run_command("192.0.2.1", LOCAL, "echo $((6 * 7)) | cat", become=False) == "42\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [("echo what; echo why >&2; exit 3", "what why"), ("exit 3", "exit code 3")],
)
def test_a_command_that_fails_says_why(command: str, said: str) -> None:
    with pytest.raises(NodeError, match=said):
        run_command("192.0.2.1", LOCAL, command, become=False)


@pytest.fixture
def ssh(monkeypatch: pytest.MonkeyPatch) -> Mock:
    connection = Mock(_load_name="ssh", transport="ssh", user="admin")
    connection.exec_command.return_value = (0, b"out", b"")
    connection.get_option.side_effect = lambda _name: connection.user
    # The options of the real ones.
    connection_loader.get("ssh", class_only=True)
    become_loader.get("sudo", class_only=True)
    loader = Mock(get=Mock(return_value=connection))
    monkeypatch.setattr(node_python, "connection_loader", loader)
    return connection


def words(ssh: Mock) -> list[str]:
    return shlex.split(ssh.exec_command.call_args.args[0])


def test_the_connection_is_told_where_and_how_long(ssh: Mock) -> None:
    ssh.user = "root"
    run_command("192.0.2.1", {"ansible_user": "root"}, "echo 'a b'", become=True, timeout=3)
    given: dict[str, Any] = ssh.set_options.call_args.kwargs["var_options"]
    assert (given["ansible_host"], given["ansible_user"]) == ("192.0.2.1", "root")
    ssh.set_option.assert_called_once_with("timeout", 3)
    # Root becomes nobody, and has no need of a terminal.
    assert words(ssh) == ["/bin/sh", "-c", "echo 'a b'"]
    assert ssh.exec_command.call_args.kwargs == {"sudoable": False}


def test_others_become_root(ssh: Mock) -> None:
    run_command("192.0.2.1", {"ansible_become_flags": "-E"}, "echo 'a b'", become=True)
    inner = shlex.split(words(ssh)[2])
    assert inner[:6] == ["sudo", "-E", "-u", "root", "/bin/sh", "-c"]
    assert inner[6].endswith("echo 'a b'")
    assert ssh.exec_command.call_args.kwargs == {"sudoable": True}
    ssh.set_become_plugin.assert_called_once()


def test_unless_they_must_not(ssh: Mock) -> None:
    run_command("192.0.2.1", {}, "true", become=False)
    assert words(ssh) == ["/bin/sh", "-c", "true"]


def test_a_method_that_is_not_there(ssh: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_command, "become_loader", Mock(get=Mock(return_value=None)))
    with pytest.raises(NodeError, match="become plugin magic was not found"):
        run_command("192.0.2.1", {"ansible_become_method": "magic"}, "true", become=True)


def test_a_connection_that_fails(ssh: Mock) -> None:
    ssh.exec_command.side_effect = AnsibleConnectionFailure("no route to host")
    with pytest.raises(NodeError, match="no route to host"):
        run_command("192.0.2.1", {}, "true", become=False)
    ssh.close.assert_called_once()
