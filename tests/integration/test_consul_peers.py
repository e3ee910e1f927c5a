"""Which servers a real server knows, and how one that has become a client goes."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul, ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration


def test_the_rafts_servers_by_address(url: str) -> None:
    consul = Consul(url)
    assert consul.servers_at(str(urlsplit(url).hostname)) == [*consul.voters()]
    assert consul.servers_at("192.0.2.9") == []


def test_who_is_no_server_cannot_be_taken_out(url: str) -> None:
    consul = Consul(url)
    with pytest.raises(ConsulError, match="removing server nobody from the raft"):
        consul.remove_voter("nobody")
    assert len(consul.voters()) == 1


def test_who_has_become_a_client_keeps_its_other_services(url: str) -> None:
    consul = Consul(url)
    for service in ("consul", "other"):
        consul.register_external("once", "192.0.2.9", Registration(service, service, "192.0.2.9", 80))
    try:
        consul.deregister_external("once", "consul")
        found = consul.external("once")
        assert found is not None
        assert [*found[1]] == ["other"]
    finally:
        consul.deregister_external("once")
