from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Op
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pools import PoolStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    Request,
    SubnetError,
    parse_pool,
)
from fakes.consul import FakeConsul


@pytest.fixture
def consul() -> FakeConsul:
    return FakeConsul()


def pools(consul: FakeConsul) -> PoolStore:
    return PoolStore(consul)


def record(consul: FakeConsul, name: str) -> dict[str, object]:
    return consul.get(names.pool_key(name)).value


def test_the_default_pool_needs_no_range(consul: FakeConsul) -> None:
    assert pools(consul).declare("default") == (None, parse_pool("default", "10.32.0.0/12"))
    assert record(consul, "default") == {"cidr": "10.32.0.0/12", "within": []}
    assert len(consul.commits) == 1
    pools(consul).declare("default")
    assert len(consul.commits) == 1


def test_another_pool_needs_one_once(consul: FakeConsul) -> None:
    with pytest.raises(SubnetError, match="no pool 'lab' yet: say which range it has, with -e pool_cidr="):
        pools(consul).declare("lab")
    pools(consul).declare("lab", "172.30.0.0/15")
    assert pools(consul).declare("lab")[1].network == parse_pool("lab", "172.30.0.0/15").network


def test_what_is_not_said_stays(consul: FakeConsul) -> None:
    pools(consul).declare("lab", "10.64.0.0/16", ["10.0.0.0/8"])
    assert record(consul, "lab")["within"] == ["10.0.0.0/8"]
    pools(consul).declare("lab", "10.64.0.0/14")
    assert record(consul, "lab") == {"cidr": "10.64.0.0/14", "within": ["10.0.0.0/8"]}
    pools(consul).declare("lab", within=[])
    assert record(consul, "lab") == {"cidr": "10.64.0.0/14", "within": []}


def test_a_check_writes_nothing(consul: FakeConsul) -> None:
    before, after = pools(consul).declare("default", "10.32.0.0/14", check=True)
    assert (before, str(after.network)) == (None, "10.32.0.0/14")
    assert consul.entries == {}


def test_growing_in_place(consul: FakeConsul) -> None:
    _, small = pools(consul).declare("default", "10.32.0.0/14")
    held = SubnetStore(consul, small).allocate(Request("abc/default", 26))
    before, after = pools(consul).declare("default", "10.32.0.0/12")
    assert (before, str(after.network)) == (small, "10.32.0.0/12")
    assert SubnetStore(consul, after).allocate(Request("abc/default", 26)) == held


def test_a_pool_goes_where_all_its_own_subnets_stay_inside(consul: FakeConsul) -> None:
    _, pool = pools(consul).declare("default", "10.32.0.0/14")
    subnet = SubnetStore(consul, pool).allocate(Request("abc/default", 26))
    _, other = pools(consul).declare("other", "10.35.0.0/24")
    SubnetStore(consul, other).allocate(Request("xyz/default", 26))
    with pytest.raises(SubnetError, match=rf"pool 'default' is 10.32.0.0/14.*leaves out {subnet} of abc/default:"):
        pools(consul).declare("default", "10.35.0.0/24")
    assert record(consul, "default")["cidr"] == "10.32.0.0/14"
    pools(consul).declare("default", str(subnet.supernet(new_prefix=20)))
    SubnetStore(consul, pool).release("abc/default")
    pools(consul).declare("default", "172.30.0.0/15")
    assert record(consul, "default")["cidr"] == "172.30.0.0/15"


def test_two_controllers_at_once(consul: FakeConsul) -> None:
    def other(_ops: list[Op]) -> None:
        consul.before_commit = lambda _: None
        consul.put(names.pool_key("default"), parse_pool("default", "10.32.0.0/13").as_value())

    consul.before_commit = other
    before, after = pools(consul).declare("default", "10.32.0.0/12")
    assert (str(before.network) if before else "", str(after.network)) == ("10.32.0.0/13", "10.32.0.0/12")
