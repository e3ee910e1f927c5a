"""Commands as somebody pastes them."""

from __future__ import annotations

import shlex

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import mends


def test_playbooks() -> None:
    assert mends.play("site") == "`ansible-playbook site.yml`"
    assert mends.play("site", limit="a", tags="swarm") == "`ansible-playbook site.yml --limit a --tags swarm`"
    assert mends.deploy("abc", move_volumes="data") == (
        "`ansible-playbook deploy.yml -e stack=FILE -e deployment=abc -e move_volumes=data`"
    )


def test_units_are_named_as_people_do() -> None:
    assert mends.service("start", "a", "serf.service") == "`systemctl start serf` on a"
    assert mends.journal("a", "serf.service", "docker") == "`journalctl -u serf -u docker -n 50` on a"


def test_a_value_is_one_word_of_the_command() -> None:
    command = mends.write("arpanet/x", {"10.32.0.0/26": "abc/default"}).split("`")[1]
    assert shlex.split(command) == [
        *("consul", "kv", "put", "-token-file=/etc/arpanet/tokens/management", "arpanet/x"),
        '{"10.32.0.0/26": "abc/default"}',
    ]
    assert mends.write("arpanet/x", {}) == mends.delete("arpanet/x")
