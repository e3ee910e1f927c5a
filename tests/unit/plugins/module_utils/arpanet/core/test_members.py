"""Members in Serf's own JSON."""

from __future__ import annotations

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member


def test_as_serf_has_it() -> None:
    assert Member("node1", "192.0.2.1", 7947, "alive", {"role": "worker"}).as_json() == {
        "name": "node1",
        "addr": "192.0.2.1:7947",
        "port": 7947,
        "tags": {"role": "worker"},
        "status": "alive",
    }


def test_an_address_with_colons() -> None:
    assert Member("node1", "2001:db8::1").as_json()["addr"] == "[2001:db8::1]:7947"
