from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
from ansible_collections.arpanet.cluster.plugins.modules import consul_peer

Run = Callable[..., dict[str, Any]]
ASKED = {"node": "n3", "address": "10.0.0.3", "timeout": 0}


class FakeConsul:
    """A cluster of three servers, the third of which is a client now."""

    def __init__(self) -> None:
        self.role = "node"
        self.raft = {"10.0.0.1": "id1", "10.0.0.2": "id2", "10.0.0.3": "id3"}
        self.services = {"consul": None, "1.pricing.abc": None}
        self.leads = True

    def members(self) -> list[dict[str, Any]]:
        others = [{"Name": name, "Status": 1, "Tags": {"role": "consul"}} for name in ("n1", "n2")]
        return [*others, {"Name": "n3", "Status": 1, "Tags": {"role": self.role}}]

    def servers_at(self, address: str) -> list[str]:
        if not self.leads:
            raise ConsulError("listing the raft's servers: No cluster leader")
        return [self.raft[address]] if address in self.raft else []

    def remove_voter(self, raft_id: str) -> None:
        self.raft = {address: known for address, known in self.raft.items() if known != raft_id}

    def external(self, node: str) -> tuple[str, dict[str, None]]:
        assert node == "n3"
        return "10.0.0.3", self.services

    def deregister_external(self, node: str, service_id: str) -> None:
        assert node == "n3"
        del self.services[service_id]


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> FakeConsul:
    fake = FakeConsul()
    monkeypatch.setattr(consul_peer, "connect", lambda asked, purpose: fake)
    return fake


def test_taken_out_once(run: Run, consul: FakeConsul) -> None:
    assert run("consul_peer", ASKED)["changed"] is True
    assert (consul.raft, [*consul.services]) == ({"10.0.0.1": "id1", "10.0.0.2": "id2"}, ["1.pricing.abc"])
    assert run("consul_peer", ASKED)["changed"] is False


@pytest.mark.parametrize("part", ["raft", "catalog"])
def test_what_was_cut_off_is_finished(run: Run, consul: FakeConsul, part: str) -> None:
    if part == "raft":
        consul.remove_voter("id3")
    else:
        consul.deregister_external("n3", "consul")
    assert run("consul_peer", ASKED)["changed"] is True
    assert run("consul_peer", ASKED)["changed"] is False


def test_a_server_that_lives_would_be_taken_in_again(run: Run, consul: FakeConsul) -> None:
    consul.role = "consul"
    assert run("consul_peer", ASKED)["msg"] == (
        "n3 is still in Consul's raft: it is a server yet after 0 s. Does its Consul come up as a client "
        "(journalctl -u consul, on n3)?"
    )
    assert "10.0.0.3" in consul.raft


def test_nobody_decides(run: Run, consul: FakeConsul) -> None:
    consul.leads = False
    assert run("consul_peer", ASKED)["msg"] == (
        "n3 is still in Consul's raft: listing the raft's servers: No cluster leader"
    )
    assert "consul" in consul.services


@pytest.mark.parametrize("name", ["consul_peer", "consul_leave"])
def test_an_address_that_is_none(run: Run, name: str) -> None:
    asked = ASKED if name == "consul_peer" else {}
    assert "Consul's address 'nowhere' is not a URL" in run(name, {**asked, "consul_url": "nowhere"})["msg"]


def test_check_mode_says_so_while_it_is_a_server(run: Run, consul: FakeConsul) -> None:
    consul.role = "consul"
    assert run("consul_peer", ASKED, check=True)["changed"] is True
    assert "10.0.0.3" in consul.raft
