"""What a manager reads for those who join."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import welcome
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tokens, join
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import Refused

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nCERT\n-----END CERTIFICATE-----\n"
PRIVATE = "-----BEGIN EC PRIVATE KEY-----\nPRIVATE\n-----END EC PRIVATE KEY-----\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    directory = tmp_path / "keys"
    directory.mkdir()
    one, two = (base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))
    contents = {
        "serf": f"{one}\n",
        "serf-next": f"{two}\n",
        "consul": "GOSSIP\n",
        "consul-acl": "ACLKEY\n",
        "consul-ca": PRIVATE + CERTIFICATE,
    }
    for name, text in contents.items():
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def common(tmp_path: Path) -> Path:
    directory = tmp_path / "common"
    directory.mkdir()
    (directory / "serf.json").write_text('{"port": 7947}')
    (directory / ".serf.json.new").write_text("half")
    return directory


def test_a_worker_is_given_what_a_worker_has(keys: Path, common: Path) -> None:
    found = welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common)
    assert found.settings == {"serf": {"port": 7947}}
    assert found.consul == {"gossip": "GOSSIP", "ca": CERTIFICATE, "tokens": consul_tokens.of_worker("ACLKEY")}


def test_and_nothing_that_makes_more(keys: Path, common: Path) -> None:
    text = json.dumps(join.parts(welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common)))
    whole = repr(welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common)) + text
    assert "ACLKEY" not in whole and "PRIVATE" not in whole
    workers = set(consul_tokens.of_worker("ACLKEY").values())
    for token in set(consul_tokens.of_manager("ACLKEY").values()) - workers:
        assert token not in whole


def test_keys_of_the_gossip_are_several_while_they_are_rotated(keys: Path) -> None:
    assert welcome.gossip_keys(keys) == [b"a" * 32, b"b" * 32]
    (keys / "serf-next").unlink()
    assert welcome.gossip_keys(keys) == [b"a" * 32]


@pytest.mark.parametrize("name", ["consul", "consul-acl", "consul-ca"])
def test_a_manager_without_a_key_says_which(keys: Path, common: Path, name: str) -> None:
    (keys / name).unlink()
    with pytest.raises(Refused, match=f"cannot read .*{name} .No such file or directory.: run site.yml"):
        welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common)
    (keys / name).write_text("\n")
    with pytest.raises(Refused, match=f"{name} is empty"):
        welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common)


def test_nobody_is_let_in_while_consul_goes_from_one_key_to_another(keys: Path, common: Path) -> None:
    (keys / "consul-next").write_text("NEW\n")
    with pytest.raises(Refused, match=r"consul-next.: try again, .* rotate_keys.yml finishes it first"):
        welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common)
    (keys / "consul-next").unlink()
    assert welcome.welcome("TOKEN", {"10.0.0.1": True}, keys, common).token == "TOKEN"
