"""Machines join a cluster, on real nodes: `pytest -c tests/joining/pytest.ini tests/joining`.

Makes a lab of its own: three managers that site.yml makes a cluster of, and three bare machines beside it.
"""

from collections.abc import Iterator

import pytest
from harness import newcomers
from harness.newcomers import World

LAB = "joining"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with newcomers.world(LAB, nodes=6, managers=3) as world:
        world.prepare(5, 6)
        yield world
