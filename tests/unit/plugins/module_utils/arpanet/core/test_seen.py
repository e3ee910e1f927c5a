"""What the parts' answers say together."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seen import Seen, kept, ours, subnets


def test_blocks_are_no_subnets() -> None:
    keys = {
        f"{names.SUBNETS_PREFIX}owners/abc/default": {"subnet": "10.32.0.0/26"},
        f"{names.SUBNETS_PREFIX}owners/abc/back": {"subnet": "10.32.0.64/26"},
        f"{names.SUBNETS_PREFIX}blocks/10.32.0.0-20": {"10.32.0.0/26": "abc/default"},
    }
    assert subnets(keys) == {"abc": {"default": "10.32.0.0/26", "back": "10.32.0.64/26"}}


def test_the_last_revision_that_is_kept() -> None:
    below = ("abc", "abc/revisions/9", "abc/revisions/10", "abc/revisions/x", "abc/leases/10.32.0.5", "xyz")
    assert kept(f"{names.DEPLOYMENTS_PREFIX}{key}" for key in below) == {"abc": 10}


def test_a_deployment_is_known_when_anybody_knows_it() -> None:
    service = {"Spec": {"Name": "c_web", "Labels": {"arpanet.deployment": "c"}}}
    seen = Seen(records={"a": {}}, subnets={"b": {"default": "10.32.0.0/26"}}, services={"c_web": service})
    assert seen.deployments() == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("name", "labels", "is_ours"),
    [
        ("abc_web", {"arpanet.deployment": "abc", "arpanet.service": "web"}, True),
        ("abc_a-b", {"arpanet.deployment": "abc", "arpanet.service": "a.b"}, True),
        ("abc_web", {"arpanet.deployment": "abc"}, False),
        ("abc_web", {"arpanet.deployment": "abc", "arpanet.service": ""}, False),
        ("abc_-web", {"arpanet.deployment": "abc", "arpanet.service": "-web"}, False),
        ("ABC_web", {"arpanet.deployment": "ABC", "arpanet.service": "web"}, False),
        ("consul_web", {"arpanet.deployment": "consul", "arpanet.service": "web"}, False),
        ("_web", {"arpanet.deployment": "", "arpanet.service": "web"}, False),
        # Copied from one that is.
        ("other_web", {"arpanet.deployment": "abc", "arpanet.service": "web"}, False),
        ("web", {}, False),
        ("web", None, False),
    ],
)
def test_services_whose_labels_make_no_name_are_nobodys(
    name: str, labels: dict[str, str] | None, is_ours: bool
) -> None:
    assert [*ours({name: {"Spec": {"Name": name, "Labels": labels}}})] == ([name] if is_ours else [])
