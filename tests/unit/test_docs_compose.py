"""docs/compose.md says what core/support.py does."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import (
    PART_KEYS,
    SERVICE_KEYS,
    TOP_KEYS,
)

PAGE = Path(__file__).parents[2] / "docs" / "compose.md"
HEAD = "| key | | how, or why not |\n| --- | --- | --- |\n"

Table = dict[str, tuple[str, str]]


def rows(table: Table) -> list[str]:
    return [f"| `{key}` | {verdict} | {why} |".replace("|  |", "| |") for key, (verdict, why) in sorted(table.items())]


@pytest.mark.parametrize(
    ("number", "table"),
    [(1, SERVICE_KEYS), (2, PART_KEYS), (3, TOP_KEYS)],
    ids=["keys of a service", "their parts", "what else is declared"],
)
def test_the_tables_are_those_of_the_code(number: int, table: Table) -> None:
    printed = PAGE.read_text().split(HEAD)[number].split("\n\n")[0].strip().splitlines()
    assert printed == rows(table)
