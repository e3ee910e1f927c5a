"""Owners to addresses, from a Consul that listens on this host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible import constants as C
from ansible.errors import AnsibleLookupError
from ansible_collections.arpanet.cluster.plugins.doc_fragments import consul_reader
from ansible_collections.arpanet.cluster.plugins.lookup import deployment_address
from fakes.consul_http import ConsulHttp, listening

NAME = "arpanet.cluster.deployment_address"
ADDRESSES = "arpanet/deployments/abc/addresses"


def address(text: str) -> dict[str, str]:
    return {"address": text, "service": "db"}


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsulHttp]:
    for name in ("ARPANET_CONSUL_URL", "CONSUL_HTTP_ADDR", "ARPANET_CONSUL_TOKEN", "CONSUL_HTTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    keys: dict[str, object] = {
        f"{ADDRESSES}/default": {"db": address("10.32.0.2"), "printer": address("10.32.0.3")},
        f"{ADDRESSES}/default.g10": {"db": address("10.34.0.2")},
        f"{ADDRESSES}/default.g9": {"db": address("10.33.0.2")},
        f"{ADDRESSES}/defaults": {"db": address("10.35.0.2")},
    }
    with listening(keys) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def _options() -> None:
    """What Ansible's loader does with the documentation."""
    texts = (deployment_address.DOCUMENTATION, consul_reader.ModuleDocFragment.DOCUMENTATION)
    options = {name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()}
    C.config.initialize_plugin_configuration_definitions("lookup", NAME, options)


def look(*terms: str, **options: Any) -> list[Any]:
    plugin = deployment_address.LookupModule()
    plugin._load_name = NAME
    found: list[Any] = plugin.run(list(terms), None, **{"deployment": "abc", **options})
    return found


def test_the_newest_of_a_network_that_moves(consul: ConsulHttp) -> None:
    assert look("printer", "db", url=consul.url) == ["10.32.0.3", "10.34.0.2"]
    assert look("db", network="defaults", url=consul.url) == ["10.35.0.2"]


def test_an_owner_without_an_address(consul: ConsulHttp) -> None:
    assert look("vm", "db", url=consul.url, default="") == ["", "10.34.0.2"]
    with pytest.raises(AnsibleLookupError, match=r"vm has no address in network default.*of db, printer.*deployment_a"):
        look("vm", url=consul.url)
    with pytest.raises(AnsibleLookupError, match=r"vm has no address in network back of deployment abc\. Lease"):
        look("vm", network="back", url=consul.url)


def test_what_cannot_be_asked(consul: ConsulHttp) -> None:
    with pytest.raises(AnsibleLookupError, match="DNS label"):
        look("vm", deployment="No!", url=consul.url)
    with pytest.raises(AnsibleLookupError, match=r"network default of deployment abc: .*does not answer"):
        look("vm", url="http://127.0.0.1:1")
