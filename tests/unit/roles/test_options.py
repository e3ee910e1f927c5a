"""The options of a role are said twice, as defaults and as argument_specs. Hold them together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
WITH_OPTIONS = sorted(path.parents[1].name for path in ROLES.glob("*/meta/argument_specs.yml"))

# Public by name and no option: the other roles' way to see what the node role found.
INTERNAL = {"node": {"node_files", "node_packages", "node_units"}}


def load(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) if path.exists() else None) or {}


def test_every_role_has_options() -> None:
    assert sorted(path.name for path in ROLES.iterdir() if path.is_dir()) == WITH_OPTIONS


@pytest.mark.parametrize("role", WITH_OPTIONS)
def test_defaults_are_specified(role: str) -> None:
    defaults = load(ROLES / role / "defaults" / "main.yml")
    entries = load(ROLES / role / "meta" / "argument_specs.yml")["argument_specs"].values()
    options = {name: option for entry in entries for name, option in entry.get("options", {}).items()}
    missing = set(defaults) - set(options) - INTERNAL.get(role, set())
    assert not missing, "defaults that the argument spec does not know"
    for name, option in options.items():
        assert option.get("description"), f"{name} has no description"
        if defaults.get(name) and "{{" not in str(defaults[name]):
            assert option.get("default") == defaults[name], f"{name} has two defaults"


@pytest.mark.parametrize("role", WITH_OPTIONS)
def test_names_carry_the_role(role: str) -> None:
    names = [*load(ROLES / role / "defaults" / "main.yml"), *load(ROLES / role / "vars" / "main.yml")]
    assert [name for name in names if not name.startswith((f"{role}_", f"_{role}_", "arpanet_"))] == []
