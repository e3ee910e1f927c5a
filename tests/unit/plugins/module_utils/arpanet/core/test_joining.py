"""Files of a worker that joins: those that site.yml writes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import joining, serf_config
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.files import Wanted
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import Pin, Welcome

MACHINE = joining.Machine("node7", "10.0.0.7", "172.18.0.1", ["9.9.9.9", "172.18.0.1"], "1.8.7")
SECRETS = {"gossip": "GOSSIP", "ca": "CA\n", "tokens": {"agent": "AGENT", "dns": "DNS", "registrar": "REGISTRAR"}}
WELCOME = Welcome(
    "SWMTKN",
    {"10.0.0.3": True, "10.0.0.1": True, "10.0.0.2": False},
    {
        "agent": {"interval": 10},
        "serf": {"port": 7950, "log_level": "debug"},
        "consul": {"datacenter": "dc9"},
    },
    SECRETS,
)


def files(welcome: Welcome = WELCOME) -> dict[str, Wanted]:
    return {one.path: one for several in joining.files(MACHINE, welcome).values() for one in several}


def content(path: str, welcome: Welcome = WELCOME) -> Any:
    return json.loads(files(welcome)[path].content or b"")


def test_units_in_the_order_in_which_they_need_each_other() -> None:
    assert [*joining.files(MACHINE, WELCOME)] == [joining.SERF, joining.CONSUL, joining.PROXY, joining.AGENT]


def test_a_firewall_where_the_managers_have_one() -> None:
    common = {**WELCOME.settings, "firewall": {"allowed": []}}
    welcome = replace(WELCOME, settings=common)
    assert [*joining.files(MACHINE, welcome)][-1] == joining.FIREWALL
    assert content(joining.FIREWALL_CONFIG, welcome) == {"allowed": []}


def test_serf_knows_all_managers_in_an_order_that_needs_no_inventory() -> None:
    config = content(joining.SERF_CONFIG)
    assert config["retry_join"] == ["10.0.0.1:7950", "10.0.0.2:7950", "10.0.0.3:7950"]
    assert (config["advertise"], config["log_level"]) == ("10.0.0.7:7950", "debug")
    assert config == serf_config.config("node7", "10.0.0.7", sorted(WELCOME.managers), WELCOME.settings["serf"])
    assert joining.KEYRING not in files()


def test_consul_is_a_client_of_all_managers() -> None:
    config = content("/etc/consul.d/arpanet.json")
    assert (config["server"], config["datacenter"]) == (False, "dc9")
    assert config["retry_join"] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert config["addresses"]["dns"] == "127.0.0.1 172.18.0.1"
    assert config["recursors"] == ["9.9.9.9"]


def test_settings_of_the_cluster_win() -> None:
    common = {**WELCOME.settings, "consul": {"dns_addresses": ["127.0.0.2", joining.DOCKER0], "recursors": ["8.8.8.8"]}}
    config = content("/etc/consul.d/arpanet.json", replace(WELCOME, settings=common))
    assert config["addresses"]["dns"] == "127.0.0.2 172.18.0.1"
    assert config["recursors"] == ["8.8.8.8"]


def test_the_agent_knows_its_node() -> None:
    found = content("/etc/arpanet/agent.json")
    assert (found["node"], found["address"], found["interval"]) == ("node7", "10.0.0.7", 10)


def test_secrets_are_marked_and_for_nobody_else() -> None:
    for path, one in files().items():
        text = (one.content or b"").decode()
        if any(secret in text for secret in ("GOSSIP", "AGENT", "DNS", "REGISTRAR")):
            assert one.secret and one.mode == 0o600, path


def test_the_proxy_knows_every_registry() -> None:
    text = (files()["/etc/arpanet/registry-proxy.cfg"].content or b"").decode()
    assert "    server 10-0-0-1-5001 10.0.0.1:5001\n    server 10-0-0-2-5001 10.0.0.2:5001\n" in text
    assert "retries 3" in text and "bind 127.0.0.1:5000" in text


def test_the_first_contact_needs_no_settings() -> None:
    first = {one.path: one for one in joining.serf_files(MACHINE, (), {"port": 7947}, "KEY")}
    assert json.loads(first[joining.KEYRING].content or b"") == ["KEY"]
    assert first[joining.KEYRING].secret and first[joining.KEYRING].owner == "serf"


def test_the_mark_of_a_join() -> None:
    assert json.loads(joining.marker(Pin("ours", "ca")).content or b"") == {"cluster": "ours", "ca": "ca"}


@pytest.mark.parametrize(
    ("keys", "enough"),
    [(["retry_join", "log_level"], True), (["bind"], False), (["retry_join", "bind"], False), (None, False)],
)
def test_what_serf_takes_over_while_it_runs(keys: list[str] | None, enough: bool) -> None:
    assert joining.serf_reloads(keys) is enough


def test_options_win_over_everything() -> None:
    common = {"options": {"retry_interval": "9s", "more": {"a": 1}}}
    found = serf_config.config("n", "10.0.0.7", [], common)
    assert (found["retry_interval"], found["more"]) == ("9s", {"a": 1})
