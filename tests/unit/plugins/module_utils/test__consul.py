"""With which token a module asks Consul, and that none of them asks in another way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import consul as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import FILES_OF_MANAGERS

PLUGINS = Path(__file__).parents[4] / "plugins"
ASKED: dict[str, Any] = {"consul_url": "http://127.0.0.1:8500", "consul_token": None, "consul_token_file": None}


@pytest.mark.parametrize(
    ("stated", "purpose", "expected"),
    [
        ({}, "deploy", (None, 10, "/etc/arpanet/tokens/deploy")),
        ({}, "registrar", (None, 10, "/etc/arpanet/tokens/registrar")),
        ({"consul_token_file": "/root/token"}, "deploy", (None, 10, "/root/token")),
        ({"consul_token": "given"}, "deploy", ("given", 10, "/etc/arpanet/tokens/deploy")),
    ],
)
def test_connect(monkeypatch: pytest.MonkeyPatch, stated: dict[str, str], purpose: str, expected: tuple[Any]) -> None:
    monkeypatch.setattr(adapter, "Consul", lambda _url, *options: options)
    assert connect({**ASKED, **stated}, purpose=purpose) == expected


def test_who_asks_without_a_token_would_see_nothing() -> None:
    """The agent has a function of its own for it, which reads its configuration, and so has what looks after Weave."""
    made = {
        str(path.relative_to(PLUGINS)): path.read_text().count(" Consul(") + path.read_text().count("(Consul(")
        for folder in ("modules", "module_utils/arpanet/agent", "action", "lookup", "inventory")
        for path in sorted((PLUGINS / folder).rglob("*.py"))
    }
    assert {name: count for name, count in made.items() if count} == {
        "module_utils/arpanet/agent/__main__.py": 1,
        "module_utils/arpanet/agent/weave/__main__.py": 1,
    }


def test_purposes_that_modules_name_have_a_file() -> None:
    named = {
        word.split('"')[0]
        for path in (PLUGINS / "modules").glob("*.py")
        for word in path.read_text().split('purpose="')[1:]
    }
    assert named <= set(FILES_OF_MANAGERS)
