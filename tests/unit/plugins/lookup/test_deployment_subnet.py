"""Ids to CIDRs, from a Consul that listens on this host."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible import constants as C
from ansible.errors import AnsibleLookupError
from ansible_collections.arpanet.cluster.plugins.doc_fragments import consul_reader
from ansible_collections.arpanet.cluster.plugins.lookup import deployment_subnet
from ansible_collections.arpanet.cluster.plugins.plugin_utils import key_values
from fakes.consul_http import ConsulHttp, listening

NAME = "arpanet.cluster.deployment_subnet"
OWNERS = "arpanet/subnets/owners"


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsulHttp]:
    for name in ("ARPANET_CONSUL_URL", "CONSUL_HTTP_ADDR", "ARPANET_CONSUL_TOKEN", "CONSUL_HTTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    keys: dict[str, object] = {
        f"{OWNERS}/abc/default": {"subnet": "10.32.0.0/26"},
        f"{OWNERS}/abc/back": {"subnet": "10.32.0.64/26"},
        f"{OWNERS}/abcd/default": {"subnet": "10.32.9.0/26"},
        f"{OWNERS}/xyz/front": {"subnet": "10.33.0.0/26"},
    }
    with listening(keys) as found:
        yield found


def look(*terms: str, variables: dict[str, Any] | None = None, **options: Any) -> list[Any]:
    plugin = deployment_subnet.LookupModule()
    plugin._load_name = NAME
    found: list[Any] = plugin.run(list(terms), variables, **options)
    return found


@pytest.fixture(scope="module", autouse=True)
def _options() -> None:
    """What Ansible's loader does with the documentation."""
    texts = (deployment_subnet.DOCUMENTATION, consul_reader.ModuleDocFragment.DOCUMENTATION)
    options = {name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()}
    C.config.initialize_plugin_configuration_definitions("lookup", NAME, options)


def test_the_network_default(consul: ConsulHttp) -> None:
    assert look("abc", url=consul.url) == ["10.32.0.0/26"]


def test_a_network_by_name_and_several_deployments(consul: ConsulHttp) -> None:
    assert look("abc", network="back", url=consul.url) == ["10.32.0.64/26"]
    assert look("abcd", "abc", url=consul.url) == ["10.32.9.0/26", "10.32.0.0/26"]
    assert look(url=consul.url) == []


def test_the_url_and_the_token_of_the_environment(consul: ConsulHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUL_HTTP_ADDR", consul.url.removeprefix("http://"))
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "secret")
    assert look("abc") == ["10.32.0.0/26"]
    assert consul.tokens == ["secret"]


def test_through_a_manager(consul: ConsulHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_values, "ON_NODES", consul.url)
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    assert look("abc", variables={"groups": {"managers": ["node1"]}, "hostvars": {"node1": here}}) == ["10.32.0.0/26"]


def test_an_unknown_deployment(consul: ConsulHttp) -> None:
    with pytest.raises(AnsibleLookupError, match=r"Deployment nope has no subnet.* -e deployment=nope.*default="):
        look("nope", url=consul.url)


def test_an_unknown_network_names_the_others(consul: ConsulHttp) -> None:
    with pytest.raises(AnsibleLookupError, match=r"Deployment abc has no network front; it has: back, default\."):
        look("abc", network="front", url=consul.url)


@pytest.mark.parametrize("default", ["", "10.0.0.0/8", None])
def test_a_default_stands_in_for_what_is_missing(consul: ConsulHttp, default: str | None) -> None:
    assert look("nope", "abc", "xyz", default=default, url=consul.url) == [default, "10.32.0.0/26", default]


def test_a_default_does_not_hide_that_nobody_answers(consul: ConsulHttp) -> None:
    with pytest.raises(AnsibleLookupError, match=r"subnet of deployment abc: Consul at http://127.0.0.1:1 does not"):
        look("abc", default="", url="http://127.0.0.1:1")


def test_an_id_that_is_none(consul: ConsulHttp) -> None:
    with pytest.raises(AnsibleLookupError, match="deployment id 'A_b' is not a DNS label"):
        look("A_b", url=consul.url)
