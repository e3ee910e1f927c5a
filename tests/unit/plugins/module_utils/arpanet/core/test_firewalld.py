"""Which ports firewalld is told, how its listings are read, and the steps from one to the other."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import firewall, firewalld
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.firewalld import (
    DEFINITION,
    Found,
    Zone,
    definition,
    plan,
    ports,
)

PORTS = ports({})
# As firewalld 1.3 and 2.4 print them.
LISTING = """\
docker (active)
  target: ACCEPT
  icmp-block-inversion: no
  interfaces: docker0 docker_gwbridge
  sources: 
  services: 
  ports: 

public (default, active)
  target: default
  ingress-priority: 0
  interfaces: eth0
  sources: 
  services: arpanet dhcpv6-client ssh
  ports: 8443/tcp
  rich rules: 
\trule family="ipv4" source address="192.0.2.0/24" accept

"""  # noqa: W291
INFO = "arpanet\n  ports: 2377/tcp 4789/udp\n  protocols: esp\n  source-ports: \n  includes: \n"
OPEN = Found("public", definition(PORTS), frozenset(PORTS), frozenset({"public"}), frozenset({"public"}))

WRITE, RELOAD, DELETE = f"write {DEFINITION}", "firewall-cmd --reload", f"delete {DEFINITION}"
KEEP = "firewall-cmd --permanent --zone=public --add-service=arpanet"
ADD = "firewall-cmd --zone=public --add-service=arpanet"


def steps(found: Found, wanted: list[str] = PORTS) -> list[str]:
    return [str(step) for step in plan(found, wanted)]


def test_the_ports_between_nodes() -> None:
    assert PORTS == ["2377/tcp", "5001/tcp", "7946/tcp", "7947/tcp", "8300/tcp", "8301/tcp",
                     "4789/udp", "7946/udp", "7947/udp", "8301/udp", "esp"]  # fmt: skip
    assert {"4790/udp", "7950/tcp", "7950/udp"} < {*ports({"data_path_port": 4790, "serf_port": 7950})}


def test_weaves_ports_without_its_metrics() -> None:
    assert {*ports({"weave": True})} - {*PORTS} == {"6783/tcp", "6783/udp", "6784/udp"}


def test_what_is_closed_to_strangers_is_open_to_members() -> None:
    rules = firewall.rules({})
    closed = {*(f"{one}/tcp" for one in rules.tcp), *(f"{one}/udp" for one in rules.udp)}
    assert {*PORTS} - closed == {"7947/tcp", "7947/udp", "esp"} and closed < {*PORTS}


def test_a_definition_has_them_all() -> None:
    service = ElementTree.fromstring(definition(ports({"weave": True})))
    assert service.tag == "service"
    found = [f"{one.get('port')}/{one.get('protocol')}" for one in service.iter("port")]
    assert [*found, *(one.get("value") for one in service.iter("protocol"))] == ports({"weave": True})


def test_zones_of_a_listing() -> None:
    zones = firewalld.zones(LISTING)
    assert zones == {
        "docker": Zone(frozenset({"docker0", "docker_gwbridge"})),
        "public": Zone(frozenset({"eth0"}), frozenset({"arpanet", "dhcpv6-client", "ssh"})),
    }
    assert firewalld.having(zones) == {"public"}
    assert firewalld.zone_of("docker0", zones, "home") == "docker"
    assert firewalld.zone_of("eth1", zones, "home") == "home"
    assert firewalld.zones("") == {}


def test_ports_of_a_service() -> None:
    assert firewalld.loaded(INFO) == {"2377/tcp", "4789/udp", "esp"}
    assert firewalld.loaded("") == frozenset()


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (Found("public"), [WRITE, RELOAD, KEEP, ADD]),
        (OPEN, []),
        # Cut off after the first, the second and the third step.
        (Found("public", definition(PORTS)), [RELOAD, KEEP, ADD]),
        (Found("public", definition(PORTS), frozenset(PORTS)), [KEEP, ADD]),
        (replace(OPEN, open=frozenset()), [ADD]),
        # Other ports: the reload opens what is kept.
        (replace(OPEN, definition="older", open=frozenset()), [WRITE, RELOAD]),
        (replace(OPEN, loaded=frozenset({"2377/tcp"})), [RELOAD]),
        # Somebody closed it for good, or opened it for the time being.
        (replace(OPEN, kept=frozenset()), [KEEP]),
        (replace(OPEN, kept=frozenset(), definition="older"), [WRITE, RELOAD, KEEP, ADD]),
        # Another zone's interface: where somebody else put the service, it stays.
        (replace(OPEN, kept=frozenset({"home"}), open=frozenset({"home"})), [KEEP, ADD]),
    ],
)
def test_steps_to_open_ports(found: Found, wanted: list[str]) -> None:
    assert steps(found) == wanted


def test_no_zone_is_left_with_a_service_that_has_no_definition() -> None:
    everywhere = replace(OPEN, kept=frozenset({"public", "home"}))
    assert steps(everywhere, []) == [
        "firewall-cmd --zone=public --remove-service=arpanet",
        "firewall-cmd --permanent --zone=home --remove-service=arpanet",
        "firewall-cmd --permanent --zone=public --remove-service=arpanet",
        DELETE,
    ]
    assert steps(Found(loaded=frozenset(PORTS)), []) == []
