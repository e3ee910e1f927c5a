"""What join.yml refuses before it changes anything."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.join import join_problems, joining_problems, way


def test_nothing_is_wrong_with_good_options() -> None:
    assert join_problems(["serf://10.0.0.8@10.0.0.7"], "worker", "", "", ["new"]) == []
    assert join_problems([], "manager", "drain", "abc:" + "a" * 50, ["new", "newer"]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"addresses": ["http://x"]}, "join: http://x is no way to a cluster"),
        ({"addresses": ["a@10.0.0.7"], "hosts": ["n1", "n2"]}, "n1, n2 cannot all have the address 10.0.0.7"),
        ({"role": "boss"}, "role: boss is neither worker nor manager."),
        ({"availability": "off"}, "availability: off is none of active, pause and drain."),
        ({"cluster": "A B"}, "cluster: A B is no cluster's id"),
    ],
)
def test_each_mistake_is_named(change: dict[str, Any], said: str) -> None:
    good = {"addresses": ["10.0.0.8"], "role": "worker", "availability": "", "cluster": "", "hosts": ["n1"]}
    (found,) = join_problems(**{**good, **change})
    assert found.startswith(said)


def test_a_manager_of_site_is_not_made_a_worker() -> None:
    (problem,) = joining_problems({"m1": {"consul_raft": True}, "w1": {"consul_raft": False}, "down": {}})
    assert problem.startswith("m1 is a manager that site.yml has set up")


def test_others_are_reached_as_the_machine_itself_is() -> None:
    login = {"ansible_user": "admin", "ansible_ssh_private_key_file": "k", "ansible_become_password": "p"}
    own = {"ansible_host": "10.0.0.7", "ansible_control_path": "c", "ansible_facts": {}, "inventory_hostname": "n"}
    assert way({**login, **own}) == login
    assert way({**login, "ansible_connection": "local"}) == {}
