import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import firewall


def test_cluster_ports_are_closed_to_all_but_peers() -> None:
    text = firewall.text(firewall.rules({}), ["10.0.0.3", "10.0.0.1"])
    assert "elements = { 10.0.0.1/32, 10.0.0.3/32 }" in text
    assert "tcp dport { 2377, 5001, 7946, 8300, 8301 } drop" in text
    assert "udp dport { 4789, 7946, 8301 } drop" in text
    assert text.count("policy accept") == 2


def test_weaves_ports_where_it_is_used() -> None:
    rules = firewall.rules({"weave": True})
    assert {6782, 6783} < {*rules.tcp} and {6783, 6784} < {*rules.udp}


def test_ports_that_stay_open() -> None:
    rules = firewall.rules({})
    # SSH, and the gossip that a machine joins through.
    assert not {22, 7947} & {*rules.tcp, *rules.udp}


def test_dns_is_not_answered_at_another_interfaces_address() -> None:
    lines = [line.strip() for line in firewall.text(firewall.rules({}), ["10.0.0.1"]).splitlines()]
    (rule,) = [number for number, line in enumerate(lines) if "dport 53" in line]
    # Containers ask by a bridge.
    assert lines[rule].startswith('meta iifkind != "bridge"') and lines[rule].endswith("jump dns")
    assert lines[lines.index("chain dns {") + 1] == "fib daddr . iif type != local drop"
    # Members as well: the way there is their own.
    assert rule < lines.index("ip saddr @peers accept")


def test_the_table_is_replaced_as_a_whole() -> None:
    first, second, *_ = firewall.text(firewall.rules({}), []).splitlines()
    # The first line makes the second one possible where there is none yet.
    assert (first, second) == ("table inet arpanet", "delete table inet arpanet")


def test_intervals_do_not_overlap() -> None:
    rules = firewall.rules({"allowed": ["10.0.0.0/24", "192.0.2.7"], "data_path_port": "4790"})
    text = firewall.text(rules, ["10.0.0.1", "10.0.1.9"])
    assert "elements = { 10.0.0.0/24, 10.0.1.9/32, 192.0.2.7/32 }" in text
    assert "udp dport { 4790, 7946, 8301 }" in text


def test_a_set_without_elements_says_none() -> None:
    assert "elements" not in firewall.text(firewall.rules({}), [])


@pytest.mark.parametrize("wrong", ["10.0.0.1/24", "2001:db8::1", "monitor", "10.0.0.0/33"])
def test_what_is_no_network(wrong: str) -> None:
    (problem,) = firewall.problems(["10.0.0.0/24", wrong])
    assert problem.startswith(f"agent_firewall_allowed: {wrong} is no IPv4 address or network")
