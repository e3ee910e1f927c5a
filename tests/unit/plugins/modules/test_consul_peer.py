from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.modules import consul_peer

Run = Callable[..., dict[str, Any]]
ASKED = {"node": "n3", "address": "10.0.0.3", "timeout": 0}


class FakeAdmin:
    """A cluster of three servers, the third of which is a client now."""

    def __init__(self) -> None:
        self.servers = {"n1", "n2"}
        self.raft = {"10.0.0.1": "id1", "10.0.0.2": "id2", "10.0.0.3": "id3"}
        self.offering = {"n1", "n2", "n3"}
        self.leads = "10.0.0.1:8300"

    def leader(self) -> str:
        return self.leads

    def serves(self, node: str) -> bool:
        return node in self.servers

    def peers(self, address: str) -> list[str]:
        return [self.raft[address]] if address in self.raft else []

    def remove_peer(self, raft_id: str) -> None:
        self.raft = {address: known for address, known in self.raft.items() if known != raft_id}

    def offers_consul(self, node: str) -> bool:
        return node in self.offering

    def forget_server(self, node: str) -> None:
        self.offering.remove(node)


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> FakeAdmin:
    admin = FakeAdmin()
    monkeypatch.setattr(consul_peer, "Admin", lambda: admin)
    return admin


def test_taken_out_once(run: Run, consul: FakeAdmin) -> None:
    assert run("consul_peer", ASKED)["changed"] is True
    assert (consul.raft, consul.offering) == ({"10.0.0.1": "id1", "10.0.0.2": "id2"}, {"n1", "n2"})
    assert run("consul_peer", ASKED)["changed"] is False


@pytest.mark.parametrize("part", ["raft", "offering"])
def test_what_was_cut_off_is_finished(run: Run, consul: FakeAdmin, part: str) -> None:
    if part == "raft":
        consul.remove_peer("id3")
    else:
        consul.forget_server("n3")
    assert run("consul_peer", ASKED)["changed"] is True
    assert run("consul_peer", ASKED)["changed"] is False


def test_a_server_that_lives_would_be_taken_in_again(run: Run, consul: FakeAdmin) -> None:
    consul.servers.add("n3")
    assert run("consul_peer", ASKED)["msg"] == (
        "n3 is still in Consul's raft: Consul does not know n3 as a client within 0 seconds. "
        "`journalctl -u consul` on both nodes says why."
    )
    assert "10.0.0.3" in consul.raft


def test_nobody_decides(run: Run, consul: FakeAdmin) -> None:
    consul.leads = ""
    assert "Consul knows no leader within 0 seconds" in run("consul_peer", ASKED)["msg"]
    assert "10.0.0.3" in consul.raft


def test_check_mode_says_so_while_it_is_a_server(run: Run, consul: FakeAdmin) -> None:
    consul.servers.add("n3")
    assert run("consul_peer", ASKED, check=True)["changed"] is True
    assert "10.0.0.3" in consul.raft
