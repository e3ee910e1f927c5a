from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.containers import Move, read, read_all
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.names import Instance

ID = "4f0a1b2c3d4e" + "0" * 52
LABELS = {
    "arpanet.deployment": "abc",
    "arpanet.service": "pricing",
    "com.docker.swarm.task.name": "abc_pricing.1.u8xk2",
}


def item(**changes: Any) -> dict[str, Any]:
    """A line of `GET /containers/json`, as Docker 26 answers it."""
    return {
        "Id": ID,
        "Created": 1700000000,
        "State": "running",
        "Status": "Up 3 seconds",
        "Labels": LABELS,
        "Ports": [],
        "NetworkSettings": {"Networks": {"abc_default": {"IPAddress": "10.32.0.5"}}},
        **changes,
    }


def networks(**addresses: str) -> dict[str, Any]:
    return {"Networks": {name: {"IPAddress": address} for name, address in addresses.items()}}


def test_an_instance() -> None:
    found = read(item())
    assert found is not None
    assert (found.id, found.instance, found.created) == (ID, Instance("abc", "pricing", "1"), 1700000000)
    assert (found.address, found.leased, found.port) == ("10.32.0.5", (("abc_default", "10.32.0.5"),), 0)
    assert (found.aliases, found.trouble) == ((), "")


@pytest.mark.parametrize(
    "labels",
    [
        {},
        None,
        {**LABELS, "arpanet.deployment": ""},
        {**LABELS, "arpanet.deployment": "../../nodes", "com.docker.swarm.task.name": "../../nodes_pricing.1.x"},
        {**LABELS, "arpanet.deployment": "consul", "com.docker.swarm.task.name": "consul_pricing.1.x"},
        {**LABELS, "arpanet.service": "pri cing", "com.docker.swarm.task.name": "abc_pri cing.1.x"},
        # No task of Swarm's: somebody started it by hand with our labels.
        {"arpanet.deployment": "abc", "arpanet.service": "pricing"},
    ],
)
def test_nobodys(labels: dict[str, str] | None) -> None:
    assert read(item(Labels=labels)) is None


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"Status": "Up 3 seconds"}, ""),
        ({"Status": "Up 3 seconds (healthy)"}, ""),
        ({"Status": "Up Less than a second (health: starting)"}, "starting"),
        ({"Status": "Up 2 hours (unhealthy)"}, "unhealthy"),
        ({"State": "paused", "Status": "Up 2 hours (Paused)"}, "paused"),
        ({"State": "restarting", "Status": "Restarting (1) 3 seconds ago"}, "restarting"),
        ({"State": None, "Status": None}, "unknown"),
        # The field of newer engines wins over the text.
        ({"Status": "Up 3 seconds", "Health": {"Status": "unhealthy"}}, "unhealthy"),
        ({"Status": "Up 3 seconds", "Health": {"Status": "none"}}, ""),
        ({"Status": "Up 3 seconds", "Health": {"Status": "healthy"}}, ""),
    ],
)
def test_trouble(changes: dict[str, Any], trouble: str) -> None:
    found = read(item(**changes))
    assert found is not None
    assert found.trouble == trouble


@pytest.mark.parametrize(
    ("settings", "address", "leased"),
    [
        (networks(abc_default="10.32.0.5"), "10.32.0.5", ["10.32.0.5"]),
        (networks(abc_back="10.32.1.5", abc_default="10.32.0.5"), "10.32.0.5", ["10.32.1.5", "10.32.0.5"]),
        (networks(abc_front="10.32.2.5", abc_back="10.32.1.5"), "10.32.1.5", ["10.32.1.5", "10.32.2.5"]),
        # While the network moves, and afterwards.
        (
            networks(**{"abc_default": "10.32.0.5", "abc_default-g2": "10.32.4.5"}),
            "10.32.0.5",
            ["10.32.0.5", "10.32.4.5"],
        ),
        (networks(**{"abc_back": "10.32.1.5", "abc_default-g2": "10.32.4.5"}), "10.32.4.5", ["10.32.1.5", "10.32.4.5"]),
        (networks(ingress="10.0.0.7", abc_back="10.32.1.5"), "10.32.1.5", ["10.32.1.5"]),
        # Not attached yet.
        (networks(abc_default=""), None, []),
        # A network that deployments share is no deployment's to lease from.
        (networks(shared="10.40.0.5"), "10.40.0.5", []),
        (networks(abcd_default="10.40.0.5"), "10.40.0.5", []),
        (networks(host=""), "", []),
        (networks(none=""), None, []),
        (networks(bridge="172.17.0.2", docker_gwbridge="172.18.0.2"), None, []),
        ({"Networks": {"abc_default": None}}, None, []),
        (None, None, []),
    ],
)
def test_addresses(settings: Any, address: str | None, leased: list[str]) -> None:
    found = read(item(NetworkSettings=settings))
    assert found is not None
    assert found.address == address
    assert [one for _, one in found.leased] == leased


@pytest.mark.parametrize(
    ("ports", "port"),
    [
        ([], 0),
        (None, 0),
        ([{"PrivatePort": 6379, "Type": "tcp"}], 6379),
        ([{"PrivatePort": 8443, "Type": "tcp"}, {"PrivatePort": 8080, "PublicPort": 80, "Type": "tcp"}], 8080),
        ([{"PrivatePort": 53, "Type": "udp"}, {"PrivatePort": 953, "Type": "tcp"}], 953),
        ([{"PrivatePort": 53, "Type": "udp"}], 53),
    ],
)
def test_port(ports: list[dict[str, Any]] | None, port: int) -> None:
    found = read(item(Ports=ports))
    assert found is not None
    assert found.port == port


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("", ()),
        ("db", ("db",)),
        ("db,cache", ("cache", "db")),
        (" DB , my_cache ,", ("db", "my-cache", "my_cache")),
        ("good,b a d,-bad", ("good",)),
    ],
)
def test_aliases(text: str, aliases: tuple[str, ...]) -> None:
    found = read(item(Labels={**LABELS, "arpanet.aliases": text}))
    assert found is not None
    assert found.aliases == aliases


def test_order_does_not_depend_on_dockers() -> None:
    items = [item(Id="b" * 64), item(Id="a" * 64), item(Labels={})]
    assert [one.id for one in read_all(items)] == ["a" * 64, "b" * 64]
    assert read_all(items) == read_all(items[::-1])


EXPLICIT = {**LABELS, "arpanet.addresses": "abc_default=10.32.0.9"}


@pytest.mark.parametrize(
    ("attached", "moves"),
    [
        ({"abc_default": "10.32.0.9"}, ()),
        ({"abc_default": "10.32.0.9", "abc_back": "10.33.0.4"}, ()),
        ({"abc_default": "10.32.0.5"}, (Move("abc_default", "10.32.0.9", attached=True),)),
        ({"abc_back": "10.33.0.4"}, (Move("abc_default", "10.32.0.9", attached=False),)),
    ],
)
def test_an_explicit_address_is_had_or_waited_for(attached: dict[str, str], moves: tuple[Move, ...]) -> None:
    found = read(item(Labels=EXPLICIT, NetworkSettings=networks(**attached)))
    assert found is not None
    assert found.moves == moves
    # No other address counts meanwhile.
    assert (found.address is None, found.leased == ()) == (bool(moves), bool(moves))
