"""Keys of ours in Consul: what somebody else wrote there is named, and nobody trips over it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import ledger, stored
from fakes.findings import check
from hypothesis import given
from hypothesis import strategies as st

RECORD = "arpanet/deployments/abc"
LEASE = f"{RECORD}/leases/10.32.0.5"
OWNER = "arpanet/subnets/owners/abc/default"
BLOCK = "arpanet/subnets/blocks/10.32.0.0-21"
KEYS = [RECORD, LEASE, OWNER, BLOCK]
KEYS += [f"arpanet/{key}" for key in ("nodes/a", "pools/default", "volumes/abc", "weave/a", "locks/abc", "pulls/a")]

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("10.32.0.0/26"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["subnet", "networks", "x"]), inner),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (RECORD, b"{", "it does not hold JSON"),
        (RECORD, b"\xff", "it does not hold JSON"),
        (LEASE, b"[]", "it does not hold a JSON object"),
        (LEASE, b"null", "it does not hold a JSON object"),
        ("arpanet/pulls/a", b"7", "it does not hold a JSON object"),
        (OWNER, b"", "it does not hold a subnet"),
        (OWNER, b'{"subnet": "10.32.0.1/26"}', "it does not hold a subnet"),
        (BLOCK, b'{"10.32.0.0/26": 7}', "it does not map texts to texts"),
        (RECORD, b'{"networks": ["default"]}', "its networks is nothing that anybody can use"),
        (LEASE, b'{"node": ["a"]}', "its node is nothing that anybody can use"),
        ("arpanet/nodes/a", b'{"networks": {"eth0": "all"}}', "its networks is nothing that anybody can use"),
        ("arpanet/weave/a", b'{"lost": 7}', "its lost is nothing that anybody can use"),
        ("arpanet/deployments/a b", b"{}", "no deployment can have this name"),
    ],
)
def test_nonsense(key: str, value: bytes, why: str) -> None:
    assert stored.read({key: value}) == ({}, {key: why})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (RECORD, {"networks": {"default": "10.32.0.0/26"}, "services": {"web": 2, "all": None}, "stated": ["web"]}),
        (LEASE, {"instance": "1.web.abc", "node": "a"}),
        (OWNER, {"subnet": "10.32.0.0/26", "pool": "default"}),
        (BLOCK, {"10.32.0.0/26": "abc/default"}),
        # An interface that has an address of its network.
        ("arpanet/nodes/a", {"node": "a", "networks": {"eth0": "192.0.2.7/24"}}),
        ("arpanet/weave/a", {"ready": True, "connections": {"established": 2}, "failures": [], "lost": []}),
        ("arpanet/leader", {"node": "a"}),
    ],
)
def test_what_is_ours(key: str, value: dict[str, object]) -> None:
    assert stored.read({key: json.dumps(value).encode()}) == ({key: value}, {})


@given(st.dictionaries(st.sampled_from(KEYS), st.binary(max_size=5) | _JSON.map(lambda one: json.dumps(one).encode())))
def test_the_ledger_is_read_whatever_anybody_wrote(raw: dict[str, bytes]) -> None:
    read = ledger.read(raw, {}, {})
    assert set(read.illegible) <= set(raw)
    check(stored.findings(read.illegible))
    # Whoever is at work on it, and that it exists, is said by the key alone.
    assert (bool(read.locked), bool(read.deployments)) == ("arpanet/locks/abc" in raw, RECORD in raw)


def test_leases_are_no_deployments() -> None:
    assert stored.records(
        {RECORD: {"revision": 1}, LEASE: {"instance": "1.web"}}, {"arpanet/deployments/xyz": "x"}
    ) == {
        "abc": {"revision": 1},
        "xyz": {},
    }


def test_a_key_of_no_use_can_be_deleted() -> None:
    one, other = check(stored.findings({LEASE: "it does not hold JSON", RECORD: "it does not hold JSON"}))
    assert other.line == (
        f"key {LEASE} is of no use: it does not hold JSON: somebody else wrote it; "
        f"`consul kv delete -token-file=/etc/arpanet/tokens/management {LEASE}` on a manager"
    )
    assert one.mend.endswith(", then `ansible-playbook deploy.yml -e stack=FILE -e deployment=abc`")
