"""What a server says of servers, on a real one."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import Admin, Refused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration


def test_who_serves(url: str) -> None:
    admin, name = Admin(url, token_file=""), Consul(url).node_name()
    assert admin.serves(name)
    assert not admin.serves("stranger")
    assert [one for one in admin.peers(str(urlsplit(url).hostname)) if one]
    assert admin.peers("192.0.2.9") == []
    assert admin.offers_consul(name)
    assert not admin.offers_consul("stranger")


def test_who_has_become_a_client_answers_for_consul_no_longer(url: str) -> None:
    admin, consul = Admin(url, token_file=""), Consul(url)
    consul.register_external("once", "192.0.2.9", Registration("consul", "consul", "192.0.2.9", 8300))
    consul.register_external("once", "192.0.2.9", Registration("other", "other", "192.0.2.9", 80))
    try:
        assert admin.offers_consul("once")
        admin.forget_server("once")
        assert not admin.offers_consul("once")
        found = consul.external("once")
        assert found is not None and [*found[1]] == ["other"]
    finally:
        consul.deregister_external("once")


def test_the_only_server_stays_in_its_raft(url: str) -> None:
    admin = Admin(url, token_file="")
    with pytest.raises(Refused, match="not found"):
        admin.remove_peer("nobody")
