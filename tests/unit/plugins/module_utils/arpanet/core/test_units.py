"""Durations and sizes as the Engine wants them."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.units import nano_cpus, nanoseconds, size
from hypothesis import given
from hypothesis import strategies as st

S = 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        (0, 0),
        ("0s", 0),
        ("1s", S),
        ("1.5s", 3 * S // 2),
        ("250ms", S // 4),
        ("10us", 10_000),
        ("10µs", 10_000),
        ("7ns", 7),
        ("1m30s", 90 * S),
        ("2m0s", 120 * S),
        ("1h0m0.5s", 3600 * S + S // 2),
        ("24h", 86400 * S),
    ],
)
def test_nanoseconds(text: str | int | None, expected: int) -> None:
    assert nanoseconds(text) == expected


@pytest.mark.parametrize("text", ["soon", "5", 5, "5 s", "-5s", "1m 30s", "s", "1x", "1ss", "1s!"])
def test_what_is_no_duration_is_named(text: str | int) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 1m30s") as raised:
        nanoseconds(text)
    assert repr(text) in str(raised.value)


@given(st.integers(0, 10_000), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_parts_add_up(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    expected = ((hours * 60 + minutes) * 60 + seconds) * S + milliseconds * 10**6
    assert nanoseconds(f"{hours}h{minutes}m{seconds}s{milliseconds}ms") == expected


@pytest.mark.parametrize(("value", "expected"), [(None, 0), ("", 0), ("52428800", 52428800), (10, 10), (-1, -1)])
def test_size(value: str | int | None, expected: int) -> None:
    assert size(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(None, 0), (0, 0), ("0.5", S // 2), (0.25, S // 4), (2, 2 * S), (0.001, 10**6)]
)
def test_nano_cpus(value: str | float | None, expected: int) -> None:
    assert nano_cpus(value) == expected


@given(st.integers(1, 64_000))
def test_thousandths_of_a_processor_stay_exact(thousandths: int) -> None:
    assert nano_cpus(thousandths / 1000) == thousandths * 10**6
