"""No finding without its cause and a command."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.findings import Finding, said


def test_a_finding_is_told_in_one_line_or_in_three() -> None:
    one = Finding("serf does not run", "it was stopped", "`systemctl start serf` on a")
    assert one.line == "serf does not run: it was stopped; `systemctl start serf` on a"
    assert one.lines("-") == [
        "- serf does not run",
        "    cause: it was stopped",
        "    mend: `systemctl start serf` on a",
    ]
    assert Finding(**one.as_data()) == one


@pytest.mark.parametrize(
    ("parts", "lacks"),
    [
        (("", "b", "`c`"), "has no what"),
        (("a", " ", "`c`"), "has no cause"),
        (("a", "b", ""), "has no mend"),
        (("a", "b", "look at c"), "names no command"),
    ],
)
def test_none_is_made_without_cause_and_mend(parts: tuple[str, str, str], lacks: str) -> None:
    with pytest.raises(ValueError, match=lacks):
        Finding(*parts)


def test_what_others_say_is_one_line() -> None:
    assert said("a\n  b ", "c") == "a b"
    assert [said(nothing, "c") for nothing in ("", " \n", None)] == ["c"] * 3
