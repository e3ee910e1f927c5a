"""The firewall option, on real nodes: `pytest -c tests/firewall/pytest.ini tests/firewall`.

Makes a lab of its own: a manager and a worker that site.yml makes a cluster of, and two bare machines beside it.
"""

from collections.abc import Iterator

import pytest
from harness import newcomers
from harness.newcomers import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with newcomers.world("firewall", nodes=4, managers=1) as world:
        yield world
