"""Names that other systems see: which are let through, and what they become."""

from __future__ import annotations

import re

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.names import Instance, InvalidName
from hypothesis import given
from hypothesis import strategies as st

# What Swarm takes as the name of a service or network.
SWARM = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@pytest.mark.parametrize("deployment", ["abc", "a", "1", "a-b", "x" * 32, "prod-2", "0abc"])
def test_deployment_ids(deployment: str) -> None:
    assert names.check_deployment_id(deployment) == deployment


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        ("", "is not a DNS label"),
        ("Abc", "lower-case"),
        ("a_b", "is not a DNS label"),
        ("a.b", "is not a DNS label"),
        ("-a", "inner hyphens"),
        ("a-", "inner hyphens"),
        ("x" * 33, "1 to 32 characters"),
        ("a/b", "is not a DNS label"),
        ("abc\n", "is not a DNS label"),
        ("a--b", "two hyphens in a row: a-b would do"),
        ("consul", "is a word of Consul's DNS"),
        ("service", "is a word of Consul's DNS"),
        ("node", "is a word of Consul's DNS"),
        ("query", "is a word of Consul's DNS"),
        ("addr", "is a word of Consul's DNS"),
        ("arpanet-registry", "begins as the cluster's own services do"),
    ],
)
def test_refused_deployment_ids_are_named_with_the_rule(deployment: str, said: str) -> None:
    with pytest.raises(InvalidName) as raised:
        names.check_deployment_id(deployment)
    assert repr(deployment) in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("service", "expected"),
    [("pricing", "pricing"), ("Pricing", "pricing"), ("my_app.db", "my-app-db"), ("a", "a"), ("7", "7")],
)
def test_dns_label(service: str, expected: str) -> None:
    assert names.dns_label(service) == expected


@pytest.mark.parametrize("service", ["", "_a", "a_", "-a", "a.", "x" * 64, "a b", "ä"])
def test_a_service_without_a_dns_name(service: str) -> None:
    with pytest.raises(InvalidName, match="has no DNS name") as raised:
        names.dns_label(service)
    assert repr(service) in str(raised.value)


@pytest.mark.parametrize(
    ("directory", "expected"),
    [("arpanet2", "arpanet2"), ("My App", "my-app"), ("..", "stack"), ("", "stack"), ("a__b.c", "a-b-c"), ("-x-", "x")],
)
def test_stack_name(directory: str, expected: str) -> None:
    assert names.stack_name(directory) == expected


@given(st.text(max_size=40))
def test_a_stack_name_is_what_a_repository_may_be_called(directory: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", names.stack_name(directory))


@given(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,20}[a-zA-Z0-9]", fullmatch=True))
def test_swarm_takes_every_name_that_has_a_dns_label(service: str) -> None:
    assert LABEL.fullmatch(names.dns_label(service))
    assert SWARM.fullmatch(names.swarm_name("abc", service))


def test_an_instance() -> None:
    one = Instance("abc", "my_db", "1")
    assert (one.id, one.service_name) == ("1.my-db.abc", "my-db.abc")


def labels(service: str = "pricing", task: str = "abc_pricing.2.x1y2", deployment: str = "abc") -> dict[str, str]:
    return {
        names.LABEL_DEPLOYMENT: deployment,
        names.LABEL_SERVICE: service,
        names.LABEL_TASK_NAME: task,
    }


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        pytest.param(labels(), Instance("abc", "pricing", "2"), id="a slot"),
        pytest.param(labels(task="abc_pricing.NodeId.x"), Instance("abc", "pricing", "nodeid"), id="a node"),
        pytest.param(labels("a.b", "abc_a-b.1.x"), Instance("abc", "a.b", "1"), id="a dot, which Swarm cannot have"),
        pytest.param(labels("my_db", "abc_my_db.1.x"), Instance("abc", "my_db", "1"), id="an underscore"),
        pytest.param({}, None, id="no labels"),
        pytest.param(labels(task="other.1.x"), None, id="the task of another service"),
        pytest.param(labels(task="abc_pricing"), None, id="no number"),
        pytest.param(labels(task="abc_pricing..x"), None, id="an empty number"),
        pytest.param(labels(deployment=""), None, id="no deployment"),
        pytest.param(labels(service=""), None, id="no service"),
        pytest.param({names.LABEL_TASK_NAME: "x.1.y"}, None, id="somebody else's task"),
    ],
)
def test_instance_of(stated: dict[str, str], expected: Instance | None) -> None:
    assert names.instance_of(stated) == expected


def test_names_of_a_network_in_dns() -> None:
    assert names.search_domain("abc") == "abc.service.consul"
    assert names.search_domain("abc", "back.end") == "abc--back-end.service.consul"


def test_no_network_of_one_deployment_is_called_as_another_deployment() -> None:
    with pytest.raises(InvalidName):
        names.check_deployment_id(names.dns_service("abc", "back"))


def test_keys() -> None:
    assert names.deployment_key("abc") == "arpanet/deployments/abc"
    assert names.lease_key("abc", "10.32.0.5") == "arpanet/deployments/abc/leases/10.32.0.5"
    assert names.node_key("node1") == "arpanet/nodes/node1"
    assert names.subnet_owner_key("abc/default") == "arpanet/subnets/owners/abc/default"
    assert names.subnet_block_key("10.32.8.0/21") == "arpanet/subnets/blocks/10.32.8.0-21"
    assert names.block_of_key("arpanet/subnets/blocks/10.32.8.0-21") == "10.32.8.0/21"


@given(st.sampled_from(["abc", "abcd", "a-b", "ab"]), st.sampled_from(["abc", "abcd", "a-b", "ab"]))
def test_no_prefix_of_one_deployment_holds_keys_of_another(one: str, other: str) -> None:
    for prefix in (names.leases_prefix, names.revisions_prefix, names.subnet_owners_prefix):
        assert prefix(other).startswith(prefix(one)) is (one == other)
