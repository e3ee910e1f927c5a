"""Specifications as plain data: when two of them are the same."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.spec import canonical, listed, mapping
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": None, "b": "", "c": 0, "d": False, "e": [], "f": {}}, {}),
        ({"a": {"b": {"c": None}}}, {}),
        ({"ForceUpdate": 1, "Runtime": "container", "Isolation": "default", "SecretID": "x", "ConfigID": "y"}, {}),
        ({"Replicas": 0, "Parallelism": 0, "Init": False, "Delay": 0, "StopGracePeriod": 0}, None),
        ({"Replicas": None, "Init": None, "Delay": None}, {}),
        ({"Global": {}}, None),
        ({"Labels": {"a": "", "Runtime": "x"}, "Options": {"o": ""}, "Sysctls": {"s": ""}}, None),
        ({"Labels": {}}, {}),
        ({"Env": ["A="], "Args": [""]}, None),
        ([{"a": None}, {"b": 1}], [{}, {"b": 1}]),
    ],
)
def test_canonical(value: Any, expected: Any) -> None:
    assert canonical(value) == (value if expected is None else expected)


FIELDS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["A", "Labels", "Replicas", "Init", "Runtime", "Global"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(FIELDS)
def test_canonical_is_stable(value: Any) -> None:
    once = canonical(value)
    assert canonical(once) == once


@pytest.mark.parametrize(("value", "expected"), [(None, []), ([], []), ("a", ["a"]), (["a", 1], ["a", "1"])])
def test_listed(value: Any, expected: list[str]) -> None:
    assert listed(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, {}), ({}, {}), ({"a": 1}, {"a": 1}), (["a=1=2", "b"], {"a": "1=2", "b": ""})],
)
def test_mapping(value: Any, expected: dict[str, Any]) -> None:
    assert mapping(value) == expected
