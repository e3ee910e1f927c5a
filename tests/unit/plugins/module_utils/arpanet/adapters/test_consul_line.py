from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul, ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_line import given, in_file
from fakes.consul_http import listening


def test_a_token_in_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "deploy"
    read = in_file(str(path))
    assert read() == ""
    path.write_text("one\n")
    assert read() == read() == "one"
    # As the module `files` does it.
    (tmp_path / "next").write_text("two\n")
    (tmp_path / "next").rename(path)
    assert read() == "two"
    path.unlink()
    assert read() == ""


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    with pytest.raises(ConsulError, match=r"the token in .*/deploy cannot be read: Is a directory"):
        in_file(str(tmp_path / "deploy"))()


def test_given() -> None:
    assert given("one")() == "one"


def test_every_request_has_the_token_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deploy"
    path.write_text("one\n")
    with listening({"arpanet/x": {}}) as server:
        consul = Consul(server.url, token_file=str(path))
        assert consul.credential == "one"
        _ask(consul)
        path.write_text("two\n")
        os.utime(path, ns=(1, 1))
        _ask(consul)
        _ask(Consul(server.url, token="given", token_file=str(path)))
        _ask(Consul(server.url, token_file=str(tmp_path / "none")))
    assert server.tokens == ["one", "two", "given", None]


def _ask(consul: Consul) -> None:
    # What the server of the test knows.
    answer: requests.Response = consul.api.http.session.get(f"{consul.url}/v1/kv/arpanet/?recurse=1")
    assert answer.status_code == 200
