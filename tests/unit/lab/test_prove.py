"""The verdict over a service's answers."""

import json

from lab.nodes import Host
from lab.prove import Instance, Report, parse_instances, table, verdict

NODE = Host("node2", "arpanet-lab-node2", "10.213.0.12", "boot")
ONE = Instance("1.pricing.abc", "pricing", "aaa", NODE, ("10.32.0.20", "172.18.0.3"))
TWO = Instance("2.pricing.abc", "pricing", "bbb", NODE, ("10.32.0.21",))


def test_all_instances_answering_is_no_fault() -> None:
    report = Report({"10.32.0.20": "a", "10.32.0.21": "b"}, {"10.32.0.20": 30})
    assert verdict(report, [ONE, TWO]) == ""


def test_an_instance_missing_from_dns_is_named() -> None:
    assert "2.pricing.abc" in verdict(Report({"10.32.0.20": "a"}), [ONE, TWO])


def test_an_address_of_no_instance_is_named() -> None:
    report = Report({"10.32.0.20": "a", "10.32.0.21": "b", "10.32.0.99": "c"})
    assert "10.32.0.99" in verdict(report, [ONE, TWO])


def test_an_instance_that_does_not_answer_is_named() -> None:
    report = Report({"10.32.0.20": "a", "10.32.0.21": "no answer: timed out"})
    assert "2.pricing.abc" in verdict(report, [ONE, TWO])


def test_a_name_that_does_not_resolve_is_a_fault() -> None:
    assert "not known" in verdict(Report(error="Name or service not known"), [ONE])


def test_the_table_shows_each_instance_once() -> None:
    lines = table(Report({"10.32.0.20": "x" * 80}, {"10.32.0.20": 12}), [ONE, TWO]).strip().splitlines()
    assert len(lines) == 3
    assert "1.pricing.abc" in lines[1]
    assert "12" in lines[1]
    assert "…" in lines[1]
    assert "NO" in lines[2]


def test_instances_are_read_from_the_nodes_engine() -> None:
    text = json.dumps(
        [
            {
                "Id": "0123456789abcdef",
                "Config": {
                    "Labels": {
                        "arpanet.service": "pricing",
                        "com.docker.swarm.task.name": "abc_pricing.3.x7f",
                    }
                },
                "NetworkSettings": {
                    "Networks": {"abc_default": {"IPAddress": "10.32.0.22"}, "none": {"IPAddress": ""}}
                },
            }
        ]
    )
    assert parse_instances(text, "abc", NODE) == [
        Instance("3.pricing.abc", "pricing", "0123456789ab", NODE, ("10.32.0.22",))
    ]


def test_a_node_without_containers_gives_none() -> None:
    assert parse_instances("", "abc", NODE) == []
