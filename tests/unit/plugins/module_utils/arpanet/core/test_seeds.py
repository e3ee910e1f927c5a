"""Addresses of a cluster, as people write them."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seeds import BadSeed, Seeds, parse


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["serf://10.0.0.8@10.0.0.7"], Seeds((("10.0.0.8", 7947),), "10.0.0.7")),
        (["serf://10.0.0.8"], Seeds((("10.0.0.8", 7947),))),
        (["10.0.0.8"], Seeds((("10.0.0.8", 7947),))),
        (["serf://10.0.0.8:7950@10.0.0.7"], Seeds((("10.0.0.8", 7950),), "10.0.0.7")),
        (["serf://node-8.example.org/"], Seeds((("node-8.example.org", 7947),))),
        # Several, in any form; the own address may be said again.
        (
            ["serf://10.0.0.8@10.0.0.7, serf://10.0.0.9", "10.0.0.9:1 10.0.0.8@10.0.0.7"],
            Seeds((("10.0.0.8", 7947), ("10.0.0.9", 7947), ("10.0.0.9", 1)), "10.0.0.7"),
        ),
    ],
)
def test_good_ones(given: list[str], found: Seeds) -> None:
    assert parse(given) == found


def test_what_serf_is_given() -> None:
    assert parse(["serf://10.0.0.8@10.0.0.7", "10.0.0.9:1"]).addresses == ["10.0.0.8:7947", "10.0.0.9:1"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], "no address to join at"),
        (["  , "], "no address to join at"),
        (["http://10.0.0.8"], "http://10.0.0.8 is no way to a cluster"),
        (["serf://"], "nothing is neither"),
        (["serf://10.0.0"], "10.0.0 is neither an IPv4 address"),
        (["serf://10.0.0.300"], "10.0.0.300 is neither"),
        (["serf://0.0.0.0"], "0.0.0.0 is neither"),
        (["serf://-x"], "-x is neither"),
        (["serf://a;rm"], "a;rm is neither"),
        (["serf://[::1]"], "IPv6 is not supported"),
        (["serf://10.0.0.8:"], "nothing is no port"),
        (["serf://10.0.0.8:70000"], "70000 is no port"),
        (["serf://10.0.0.8@"], "nothing after the @"),
        (["serf://10.0.0.8@node7"], "node7 after the @"),
        (["serf://10.0.0.8@10.0.0.7", "serf://10.0.0.8@10.0.0.6"], "10.0.0.7 and 10.0.0.6"),
    ],
)
def test_bad_ones(given: list[str], why: str) -> None:
    with pytest.raises(BadSeed, match=why):
        parse(given)
