"""compose_config as a play sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.arpanet.cluster.plugins.action import compose_config


def run(check: bool = False, **arguments: Any) -> dict[str, Any]:
    task = Mock(args=arguments, check_mode=check, async_val=0)
    action = compose_config.ActionModule(task, Mock(), Mock(), Mock(), Mock(), Mock())
    return action.run(task_vars={})


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    (directory / "web").mkdir(parents=True)
    (directory / "web" / "Dockerfile").write_text("FROM scratch\n")
    (directory / "key.txt").write_text("hunter2")
    return directory


def test_what_a_stack_says(shop: Path) -> None:
    (shop / "stack.yml").write_text(
        "services:\n"
        "  web:\n"
        "    build: {context: web, args: {API_KEY: hunter2, A: b}}\n"
        "    container_name: front\n"
        "    secrets: [key]\n"
        "    environment: {DB_PASSWORD: hunter2, MODE: x}\n"
        "  agent: {image: agent:1, deploy: {mode: global}}\n"
        "secrets: {key: {file: key.txt}}\n"
    )
    result = run(file=str(shop / "stack.yml"), deployment="abc")
    assert not result["changed"]
    assert (result["stack"], result["deployment"]) == ("shop", "abc")
    assert [(build["service"], build["context"]) for build in result["builds"]] == [("web", str(shop / "web"))]
    assert result["builds"][0]["args"] == {"API_KEY": "(hidden)", "A": "b"}
    assert result["networks"] == {"default": {"tasks": 1, "everywhere": 1}}
    assert result["model"]["services"]["web"]["environment"]["MODE"] == "x"
    assert len(result["notes"]) == 1 and "'container_name' is ignored" in result["notes"][0]
    # Nothing of a secret is in what comes back.
    assert "hunter2" not in json.dumps(result)
    assert "aHVudGVyMg" not in json.dumps(result)


def test_the_same_in_check_mode(shop: Path) -> None:
    (shop / "fig.yml").write_text("web: {image: nginx}\n")
    file = str(shop / "fig.yml")
    assert run(check=True, file=file) == run(file=file)


@pytest.mark.parametrize(("size", "said"), [("huge", "'huge' is neither"), ("/29", "a /29 hands out"), ("/24", "")])
def test_a_size_that_cannot_be_is_refused_before_anything_is_built(shop: Path, size: str, said: str) -> None:
    (shop / "compose.yml").write_text("services: {web: {image: nginx, deploy: {replicas: 5}}}\n")
    asked = {"file": str(shop / "compose.yml"), "subnet_size": size}
    if not said:
        assert run(**asked)["networks"]["default"]["tasks"] == 5
        return
    with pytest.raises(AnsibleActionFail) as failure:
        run(**asked)
    assert said in str(failure.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web: {image: x, links: [db]}", 'fig.yml: service "web" depends on undefined service "db"'),
        ("web: {image: x, privileged: true}", "fig.yml: service web: 'privileged' is refused"),
        ("web: [", "fig.yml is not YAML at line 1"),
    ],
)
def test_what_is_wrong_with_it(shop: Path, text: str, said: str) -> None:
    (shop / "fig.yml").write_text(text)
    with pytest.raises(AnsibleActionFail) as failure:
        run(file=str(shop / "fig.yml"), deployment="abc")
    assert said in str(failure.value)
