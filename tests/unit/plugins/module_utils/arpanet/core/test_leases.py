from __future__ import annotations

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import leases
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.containers import Container
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.leases import Held, Step, Value
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.names import Instance
from hypothesis import given
from hypothesis import strategies as st

KEY = "arpanet/deployments/abc/leases/10.32.0.5"


def container(identifier: str = "c1", *leased: tuple[str, str], created: int = 0) -> Container:
    addresses = leased or (("abc_default", "10.32.0.5"),)
    return Container(identifier, Instance("abc", "Pricing", "1"), created, "10.32.0.5", addresses)


def lease(identifier: str = "c1", node: str = "node1") -> Value:
    return {
        "deployment": "abc",
        "service": "Pricing",
        "instance": "1.pricing.abc",
        "container": identifier,
        "node": node,
        "network": "abc_default",
    }


def test_one_lease_for_each_address() -> None:
    found = leases.wanted([container("c1", ("abc_default", "10.32.0.5"), ("abc_back", "10.32.1.5"))], "node1")
    assert found == {
        KEY: lease(),
        "arpanet/deployments/abc/leases/10.32.1.5": {**lease(), "network": "abc_back"},
    }


def test_the_newest_container_has_a_doubtful_address() -> None:
    found = leases.wanted([container("c2", created=2), container("c1", created=1)], "node1")
    assert found[KEY]["container"] == "c2"


def test_written_when_it_is_missing_and_only_then() -> None:
    assert leases.plan({KEY: lease()}, {}, "node1") == [Step(KEY, lease(), 0, {})]
    assert leases.plan({KEY: lease()}, {KEY: (lease(), 7)}, "node1") == []


def test_an_explicit_address_stays_its_owners() -> None:
    explicit = {"deployment": "abc", "network": "abc_default", "owner": "1.pricing.abc", "service": "pricing"}
    assert leases.plan({KEY: lease()}, {KEY: (explicit, 7)}, "node1") == []
    assert leases.plan({}, {KEY: (explicit, 7)}, "node1") == []


def test_an_address_that_moved_is_overwritten_as_it_was_read() -> None:
    old = lease("c0", "node2")
    assert leases.plan({KEY: lease()}, {KEY: (old, 7)}, "node1") == [Step(KEY, lease(), 7, old)]


def test_only_this_nodes_leases_are_dropped() -> None:
    other = KEY[:-1] + "6"
    have: dict[str, Held] = {
        KEY: (lease(), 7),
        other: (lease("c2", "node2"), 8),
        # Not leases, whatever they say.
        "arpanet/deployments/abc": ({"node": "node1"}, 3),
        "arpanet/deployments/abc/revisions/1": ({"node": "node1"}, 4),
        "arpanet/nodes/node1": ({"node": "node1"}, 5),
    }
    assert leases.plan({}, have, "node1") == [Step(KEY, None, 7, lease())]


def test_leases_of_dead_nodes() -> None:
    other = KEY[:-1] + "6"
    have: dict[str, Held] = {
        other: (lease("c2", "node2"), 8),
        KEY: (lease(), 7),
        "arpanet/deployments/abc": ({"node": "node2"}, 3),
    }
    assert leases.holders(have) == {"node1", "node2"}
    assert leases.of_dead_nodes(have, {"node2"}) == [Step(other, None, 8, lease("c2", "node2"))]
    assert leases.of_dead_nodes(have, set()) == []


def test_a_key_tells_its_deployment() -> None:
    assert leases.deployment_of(KEY) == "abc"


def test_steps_read_well() -> None:
    assert str(Step(KEY, lease(), 0, {})) == "lease 10.32.0.5 of 1.pricing.abc on abc_default"
    assert str(Step(KEY, None, 7, lease())) == "release 10.32.0.5 of 1.pricing.abc on abc_default"


addresses = st.integers(1, 5).map(lambda number: f"10.32.0.{number}")
containers = st.lists(
    st.builds(
        lambda number, address, created: container(f"c{number}", ("abc_default", address), created=created),
        st.integers(0, 5),
        addresses,
        st.integers(0, 3),
    ),
    max_size=5,
)
entries = st.dictionaries(
    addresses.map(lambda address: f"arpanet/deployments/abc/leases/{address}"),
    st.tuples(st.builds(lease, st.sampled_from(["c1", "c9"]), st.sampled_from(["node1", "node2"])), st.integers(1, 9)),
)


@given(containers, entries)
def test_a_plan_settles(running: list[Container], have: dict[str, Held]) -> None:
    want = leases.wanted(running, "node1")
    now = dict(have)
    for step in leases.plan(want, have, "node1"):
        assert step.index == have.get(step.key, ({}, 0))[1]
        if step.value is None:
            del now[step.key]
        else:
            now[step.key] = (step.value, 99)
    assert {key: value for key, (value, _) in now.items() if value["node"] == "node1"} == want
    assert leases.plan(want, now, "node1") == []
    # Other nodes' leases are gone only where a container here has the address.
    for key, held in have.items():
        if held[0]["node"] == "node2" and key not in want:
            assert now[key] == held
