"""Columns line up and nothing trails."""

from __future__ import annotations

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tables import table
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(alphabet=st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)


def test_each_column_is_as_wide_as_its_widest_cell() -> None:
    text = table(("NODE", "STATE"), [("n1", "ready"), ("a-long-name", 7)], indent=2)
    assert text.splitlines() == ["  NODE         STATE", "  n1           ready", "  a-long-name  7"]


def test_a_table_without_rows_is_its_head() -> None:
    assert table(("NODE", "STATE"), []) == "NODE  STATE"


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=1)))
def test_cells_start_where_their_head_starts(rows: list[list[str]]) -> None:
    head = [f"H{column}" for column in range(len(rows[0]))]
    lines = table(head, rows).splitlines()
    starts = [lines[0].index(word) for word in head]
    for row, line in zip(rows, lines[1:], strict=True):
        assert line == line.rstrip()
        assert [line[start:].startswith(cell) for start, cell in zip(starts, row, strict=True)] == [True] * len(row)
