"""Keys by URL and through managers, from a Consul that listens on this host."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.plugin_utils import key_values
from ansible_collections.arpanet.cluster.plugins.plugin_utils.key_values import (
    ConsulUnheard,
    by_url,
    through_managers,
)
from fakes.consul_http import ConsulHttp, listening

HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
DOWN = {"ansible_connection": "local", "ansible_python_interpreter": "/nowhere/python"}
KEYS: dict[str, object] = {"arpanet/a/1": {"x": 1}, "arpanet/a/2": {"x": 2}, "arpanet/b/1": {"x": 3}}


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsulHttp]:
    with listening(dict(KEYS)) as found:
        monkeypatch.setattr(key_values, "ON_NODES", found.url)
        yield found


def variables(**hosts: Any) -> dict[str, Any]:
    return {"groups": {"managers": list(hosts)}, "hostvars": hosts}


def keys(found: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[entry["Key"] for entry in entries] for entries in found]


ASKED = ["arpanet/a/", "arpanet/nothing/", "arpanet/b/"]
ANSWER = [["arpanet/a/1", "arpanet/a/2"], [], ["arpanet/b/1"]]


def test_by_url(consul: ConsulHttp) -> None:
    assert keys(by_url(consul.url, None, 5)(ASKED)) == ANSWER
    assert keys(by_url(consul.url.removeprefix("http://") + "/", "secret", 5)(ASKED[:1])) == ANSWER[:1]
    assert consul.tokens == [None, None, None, "secret"]


def test_through_a_manager(consul: ConsulHttp) -> None:
    assert keys(through_managers(variables(node1=HERE), "secret", 5)(ASKED)) == ANSWER
    assert set(consul.tokens) == {"secret"}


def test_a_managers_own_token_is_read_there(
    consul: ConsulHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_values, "TOKEN_FILE", str(tmp_path / "deploy"))
    (tmp_path / "deploy").write_text("of the manager\n")
    assert keys(through_managers(variables(node1=HERE), None, 5)(ASKED)) == ANSWER
    through_managers(variables(node1=HERE), "given", 5)(ASKED)
    assert set(consul.tokens) == {"of the manager", "given"}


def test_a_manager_that_is_down_is_passed_over(consul: ConsulHttp) -> None:
    assert keys(through_managers(variables(node1=DOWN, node2=HERE), None, 5)(ASKED)) == ANSWER


def test_nobody_is_asked_after_one_has_answered(consul: ConsulHttp) -> None:
    through_managers(variables(node1=HERE, node2=HERE), None, 5)(ASKED[:1])
    assert len(consul.tokens) == 1


def test_every_reason_is_told(consul: ConsulHttp) -> None:
    consul.status, consul.said = 500, "No cluster leader"
    read = through_managers(variables(node1=DOWN, node2=HERE), None, 5)
    with pytest.raises(ConsulUnheard) as error:
        read(ASKED)
    assert "node1: " in str(error.value)
    assert "/nowhere/python" in str(error.value)
    assert str(error.value).endswith("node2: its Consul said 500: No cluster leader")


def test_no_consul_listens_on_the_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_values, "ON_NODES", "http://127.0.0.1:1")
    with pytest.raises(ConsulUnheard, match=r"node1: its Consul does not answer \(.*refused"):
        through_managers(variables(node1=HERE), None, 5)(ASKED)


def test_a_manager_whose_python_prints_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_values, "run_python", lambda *_, **__: "Welcome!")
    with pytest.raises(ConsulUnheard, match="node1: its Python printed 'Welcome!'"):
        through_managers(variables(node1=HERE), None, 5)(ASKED)


def test_an_inventory_without_managers() -> None:
    with pytest.raises(ConsulUnheard, match="no host in the group managers to ask: give url="):
        through_managers({"groups": {"all": []}}, None, 5)(ASKED)


def test_a_url_where_nobody_listens() -> None:
    with pytest.raises(ConsulUnheard, match=r"Consul at http://127.0.0.1:1 does not answer \(.*refused"):
        by_url("127.0.0.1:1", None, 5)(ASKED)


def test_a_token_that_may_not(consul: ConsulHttp) -> None:
    consul.status, consul.said = 403, "Permission denied"
    with pytest.raises(ConsulUnheard, match="said 403: Permission denied"):
        by_url(consul.url, "wrong", 5)(ASKED)


def test_something_that_is_no_consul(consul: ConsulHttp) -> None:
    consul.said = "<html>It works!</html>"
    with pytest.raises(ConsulUnheard, match=r"did not answer with JSON: is it a Consul\? '<html>It works!"):
        by_url(consul.url, None, 5)(ASKED)
