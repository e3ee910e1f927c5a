"""Who may import whom (docs/architecture.md, "Rooms")."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
PACKAGE = PLUGINS / "module_utils" / "arpanet"
FULL_NAME = "ansible_collections.arpanet.cluster.plugins.module_utils.arpanet"

# Which rooms a room may use besides itself.
ROOMS: dict[str, set[str]] = {"core": set(), "adapters": {"core"}, "agent": {"core", "adapters"}}

# What docker and py-consul speak through: whoever uses them names its errors.
TRANSPORT = {"requests", "urllib3"}

# Whatever depends on the time is told it, so that a test can say any. The whole of `time` is clocks and sleep.
CLOCKS = (".now", ".utcnow", ".today")


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names that a file imports; relative ones are resolved against the package."""
    inside = PACKAGE in path.parents
    here = [*FULL_NAME.split("."), *path.relative_to(PACKAGE).parts[:-1]] if inside else []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = [*base, *([node.module] if node.module else [])]
            # `from . import names` imports the module names, not the package alone.
            yield from (".".join([*module, alias.name]) for alias in node.names)


def room_of(name: str) -> str | None:
    """The room that a dotted name leads to; None for a name outside the package."""
    if not name.startswith(FULL_NAME + "."):
        return None
    return name[len(FULL_NAME) + 1 :].split(".", 1)[0]


def libraries(path: Path) -> set[str]:
    """Top names that come neither from the package nor from the standard library."""
    tops = {name.split(".")[0] for name in imports(path) if not name.startswith(FULL_NAME)}
    return tops - set(sys.stdlib_module_names)


def case(path: Path) -> str:
    return str(path.relative_to(PLUGINS))


@pytest.mark.parametrize("path", files(PACKAGE), ids=case)
def test_a_room_imports_only_the_rooms_below_it(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    allowed = {relative.parts[0], *ROOMS[relative.parts[0]]} if len(relative.parts) > 1 else set()
    # A name of the package itself, such as __version__, is everybody's.
    used = {room for name in imports(path) if (room := room_of(name)) in ROOMS}
    assert used <= allowed


def clocks(path: Path) -> list[str]:
    """Calls that read a clock, and imports of those that do, as they are written."""
    called = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [name for name in called if name.endswith(CLOCKS)] + [
        name for name in imports(path) if name.split(".")[0] == "time"
    ]


@pytest.mark.parametrize("path", files(PACKAGE / "core"), ids=case)
def test_core_has_no_clock(path: Path) -> None:
    assert clocks(path) == []


@pytest.mark.parametrize("path", [*files(PACKAGE / "core"), *files(PACKAGE / "agent")], ids=case)
def test_core_and_agent_need_no_library(path: Path) -> None:
    assert libraries(path) == set()


@pytest.mark.parametrize("path", files(PACKAGE / "adapters"), ids=case)
def test_an_adapter_uses_one_client_library(path: Path) -> None:
    assert len(libraries(path) - TRANSPORT) <= 1


@pytest.mark.parametrize("path", files(PACKAGE), ids=case)
def test_the_package_knows_nothing_of_ansible(path: Path) -> None:
    assert not [name for name in imports(path) if name.startswith("ansible.")]
    # The same files run as a plain package named `arpanet`, so an absolute name would not be found.
    text = path.read_text()
    assert "ansible_collections" not in text


@pytest.mark.parametrize("path", [p for p in files(PLUGINS) if PACKAGE / "agent" not in p.parents], ids=case)
def test_nothing_imports_the_agent(path: Path) -> None:
    assert not [name for name in imports(path) if room_of(name) == "agent" or "arpanet.agent" in name]
