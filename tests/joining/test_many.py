"""Many machines join at once, through one member. NEWCOMERS=20 in the environment makes it twenty."""

import os
from collections.abc import Iterator

import pytest
from harness import newcomers
from harness.eventually import eventually
from harness.newcomers import World

MANAGERS, NEWCOMERS = 3, int(os.environ.get("NEWCOMERS", "10"))


@pytest.fixture(scope="module")
def crowd() -> Iterator[World]:
    with newcomers.world("crowd", nodes=MANAGERS + NEWCOMERS, managers=MANAGERS) as world:
        yield world


def test_all_at_once(crowd: World) -> None:
    hosts = tuple(range(MANAGERS + 1, MANAGERS + NEWCOMERS + 1))
    names = {crowd.node(one).name for one in hosts}
    run = crowd.play(hosts=hosts, join=crowd.manager.address)
    assert run.code == 0, run.output

    def there() -> None:
        nodes = crowd.manager.engine("/nodes")
        ready = {one["Description"]["Hostname"] for one in nodes if one["Status"]["State"] == "ready"}
        alive = {one["Name"] for one in crowd.manager.consul("/v1/agent/members") if one["Status"] == 1}
        serf = crowd.manager.run("arpanet members --status alive")
        assert names <= ready
        assert names <= alive
        assert not [name for name in names if name not in serf.split()]

    eventually(there, within=120)
    again = crowd.play(hosts=hosts, join=crowd.manager.address)
    assert (again.code, again.changed) == (0, 0), again.output
