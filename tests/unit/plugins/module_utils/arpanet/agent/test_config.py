from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.config import Config, ConfigError, load


def test_defaults(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text('{"address": "10.0.0.1"}')
    assert load(path) == Config(
        address="10.0.0.1",
        node="",
        consul="http://127.0.0.1:8500",
        token_file="",
        docker="unix:///var/run/docker.sock",
        interval=30,
        serf="127.0.0.1:7373",
        tags={},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "holds list, not an object"),
        ("{}", "address is missing"),
        ({"address": ""}, "address is missing"),
        ({"address": "10.0.0.1", "intervall": 3}, "unknown keys intervall"),
        ({"address": "10.0.0.1", "interval": "30"}, "interval is '30', not a number"),
        ({"address": "10.0.0.1", "interval": 0}, "interval is 0"),
        ({"address": "10.0.0.1", "interval": True}, "interval is True"),
        ({"address": "10.0.0.1", "tags": ["a"]}, r"tags is \['a'\], not an object of strings"),
        ({"address": "10.0.0.1", "tags": {"rack": 7}}, "tags is .* not an object of strings"),
        ({"address": "10.0.0.1", "consul": 8500}, "consul is 8500, not a string"),
        ({"address": "10.0.0.1", "token_file": None}, "token_file is None, not a string"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: object, message: str) -> None:
    path = tmp_path / "agent.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    with pytest.raises(ConfigError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "agent.json")
