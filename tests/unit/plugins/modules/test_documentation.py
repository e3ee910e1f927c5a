"""What a module's documentation says of its options is what the module takes."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[4]
COLLECTION = "arpanet.cluster"
PLUGINS = f"ansible_collections.{COLLECTION}.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))

# What an action plugin does alone has no arguments of AnsibleModule.
RUN_ON_NODES = [
    name for name in MODULES if "AnsibleModule" in (ROOT / "plugins" / "modules" / f"{name}.py").read_text()
]

Spec = dict[str, Any]


class Captured(Exception):
    """What AnsibleModule was made with."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = options


def module(name: str) -> Any:
    return importlib.import_module(f"{PLUGINS}.modules.{name}")


def made_with(name: str, monkeypatch: pytest.MonkeyPatch) -> Spec:
    """The arguments of AnsibleModule."""
    found = module(name)

    def capture(**options: Any) -> None:
        raise Captured(**options)

    monkeypatch.setattr(found, "AnsibleModule", capture)
    with pytest.raises(Captured) as captured:
        found.main()
    return captured.value.options


def documented(name: str) -> Spec:
    """A module's DOCUMENTATION with the options of its fragments."""
    found: Spec = yaml.safe_load(module(name).DOCUMENTATION)
    options: Spec = {}
    for fragment in found.get("extends_documentation_fragment", []):
        if fragment.startswith(f"{COLLECTION}."):
            text = importlib.import_module(f"{PLUGINS}.doc_fragments.{fragment.rsplit('.', 1)[-1]}").ModuleDocFragment
            options |= yaml.safe_load(text.DOCUMENTATION)["options"]
    assert not options.keys() & found.get("options", {}).keys(), "an option is documented twice"
    return {**found, "options": {**options, **found.get("options", {})}}


def comparable(options: Spec) -> Spec:
    """Options of either side in one form: what they take, and nothing of why."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": bool(option.get("required")),
            "default": option.get("default"),
            "choices": list(option["choices"]) if option.get("choices") else None,
            "aliases": sorted(option.get("aliases", [])),
            "options": comparable(option.get("suboptions") or option.get("options") or {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", RUN_ON_NODES)
def test_options(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = made_with(name, monkeypatch)
    assert comparable(documented(name)["options"]) == comparable(stated["argument_spec"])
    support = documented(name)["attributes"]["check_mode"]["support"]
    assert bool(stated.get("supports_check_mode")) is (support != "none")


@pytest.mark.parametrize("name", MODULES)
def test_descriptions(name: str) -> None:
    found = documented(name)
    assert found["module"] == name
    assert found["short_description"][0].isupper() and not found["short_description"].endswith(".")
    assert {"check_mode", "diff_mode", "idempotent"} <= found["attributes"].keys()
    for option, body in found["options"].items():
        assert body.get("description"), f"option {option} is not described"


@pytest.mark.parametrize("name", RUN_ON_NODES)
def test_secret_options_are_not_logged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for option, body in made_with(name, monkeypatch)["argument_spec"].items():
        if any(word in option for word in ("token", "secret", "password", "model", "logins", "credentials", "hidden")):
            assert body.get("no_log") is not None, f"option {option} has to say whether it is logged"


@pytest.mark.parametrize("name", MODULES)
def test_examples_use_options_that_there_are(name: str) -> None:
    known = documented(name)["options"].keys()
    examples = yaml.safe_load(module(name).EXAMPLES)
    assert examples
    for task in examples:
        assert task["name"][0].isupper()
        (stated,) = [body for key, body in task.items() if key == f"{COLLECTION}.{name}"] or [{}]
        assert set(stated or {}) <= set(known)


@pytest.mark.parametrize("name", MODULES)
def test_return_values_are_described(name: str) -> None:
    for key, body in (yaml.safe_load(module(name).RETURN) or {}).items():
        assert {"description", "returned", "type"} <= body.keys(), f"{key} lacks a part"


@pytest.mark.parametrize("kind", ["module", "lookup"])
def test_ansible_doc_renders_all_of_them(kind: str) -> None:
    folder = ROOT / "plugins" / {"module": "modules"}.get(kind, kind)
    wanted = sorted(f"{COLLECTION}.{path.stem}" for path in folder.glob("*.py"))
    answer = subprocess.run(
        [Path(sys.executable).parent / "ansible-doc", "-t", kind, "--json", *wanted],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "WARNING" not in answer.stderr
    assert sorted(json.loads(answer.stdout)) == wanted


@pytest.mark.parametrize("name", MODULES)
def test_documentation_stands_before_code(name: str) -> None:
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{name}.py").read_text())
    constants = [
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    assert constants[:3] == ["DOCUMENTATION", "EXAMPLES", "RETURN"]
