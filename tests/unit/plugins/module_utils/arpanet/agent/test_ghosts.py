from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.ghosts import Ghosts
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration, wanted
from fakes.node import FakeNodeConsul, container


def test_what_the_agent_has_forgotten_goes_and_nothing_else() -> None:
    consul = FakeNodeConsul()
    consul.services = dict(wanted([container("c1")]))
    gone = wanted([container("c2", "2")])
    theirs = Registration("database", "database", "10.0.0.9", 5432)
    consul.ghosts = {**gone, theirs.id: theirs}
    Ghosts(consul).look()
    assert consul.ghosts == {theirs.id: theirs}
    assert len(consul.services) == 2


def test_a_consul_that_is_down_is_told_of() -> None:
    consul = FakeNodeConsul()
    consul.down = True
    with pytest.raises(ConsulError):
        Ghosts(consul).look()
