"""What destroys nodes: `LAB=recovery pytest -c tests/recovery/pytest.ini tests/recovery`.

Makes the lab of that name of three managers, and needs it for itself. Each test leaves a whole cluster.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from footprint import footprint
from harness.lab import Lab, lab_command

KEEPER = Path(__file__).parent / "stacks" / "keeper" / "compose.yml"


@contextmanager
def of_its_own(what: str, nodes: int, managers: int) -> Iterator[Lab]:
    """Another lab, of bare nodes, for one test."""
    name = os.environ.get("LAB", "recovery") + what
    lab_command("down", name)
    lab = Lab(name, nodes=nodes, managers=managers)
    try:
        lab.up()
        yield lab
    finally:
        lab_command("down", name)


@pytest.fixture(scope="session")
def unmade() -> Lab:
    name = os.environ.get("LAB", "recovery")
    lab_command("down", name)
    lab = Lab(name, nodes=3, managers=3)
    lab.up()
    return lab


@pytest.fixture(scope="session")
def bare(unmade: Lab) -> set[str]:
    """What is on a node that is none of a cluster yet."""
    return footprint(unmade.cluster.nodes[-1])


@pytest.fixture(scope="session")
def made(unmade: Lab, bare: set[str]) -> Lab:
    unmade.playbooks.do("site")
    return unmade


@pytest.fixture
def lab(made: Lab) -> Iterator[Lab]:
    """A cluster with a deployment `abc`, and a whole one again at the end."""
    made.whole()
    made.playbooks.deploy(KEEPER, "abc")
    yield made
    made.up()
    made.playbooks.do("site")
    made.whole()
