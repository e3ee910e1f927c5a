"""Roles' expressions, as Ansible evaluates them on a host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLES = Path(__file__).parents[3] / "roles"


class Role:
    """A role on a host that knows these variables, beside its own."""

    def __init__(self, name: str, variables: dict[str, Any]) -> None:
        self._path = ROLES / name
        own = (self._load(f"{kind}/main.yml") for kind in ("defaults", "vars"))
        self.variables: dict[str, Any] = {name: value for file in own for name, value in file.items()} | variables

    def _load(self, file: str) -> Any:
        return DataLoader().load_from_file(str(self._path / file), trusted_as_template=True)

    def task(self, file: str, name: str) -> dict[str, Any]:
        """A task of one of its files, by its name; it sees its own variables from now on."""
        (found,) = (task for task in _flat(self._load(f"tasks/{file}.yml")) if task["name"] == name)
        self.variables |= found.get("vars", {})
        task: dict[str, Any] = found
        return task

    def handlers(self) -> list[dict[str, Any]]:
        """In the order in which they run."""
        found: list[dict[str, Any]] = self._load("handlers/main.yml")
        return found

    def handler(self, name: str) -> dict[str, Any]:
        (found,) = (handler for handler in self.handlers() if handler["name"] == name)
        return found

    def value(self, template: Any) -> Any:
        return Templar(DataLoader(), self.variables).template(template)

    def holds(self, condition: Any) -> bool:
        """Whether all of `when:` or `that:` holds."""
        conditions = condition if isinstance(condition, list) else [condition]
        return all(Templar(DataLoader(), self.variables).evaluate_conditional(one) for one in conditions)


def _flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Blocks, and what is in them."""
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from _flat(task.get(part, []))


@pytest.fixture
def role() -> Callable[..., Role]:
    return lambda name, **variables: Role(name, variables)
