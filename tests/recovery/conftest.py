"""What destroys nodes: `LAB=recovery pytest -c tests/recovery/pytest.ini tests/recovery`.

Makes the lab of that name of three managers, and needs it for itself. Each test leaves a whole cluster.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.lab import Lab

KEEPER = Path(__file__).parent / "stacks" / "keeper" / "compose.yml"


@pytest.fixture(scope="session")
def made() -> Iterator[Lab]:
    lab = Lab(os.environ.get("LAB", "recovery"), nodes=3, managers=3)
    lab.up()
    lab.playbooks.do("site")
    yield lab


@pytest.fixture
def lab(made: Lab) -> Iterator[Lab]:
    """A cluster with a deployment `abc`, and a whole one again at the end."""
    made.whole()
    made.playbooks.deploy(KEEPER, "abc")
    yield made
    made.up()
    made.playbooks.do("site")
    made.whole()
