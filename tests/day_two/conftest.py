"""Nodes come, go and change their roles: `LAB=daytwo pytest -c tests/day_two/pytest.ini tests/day_two`.

Makes the lab of that name of three managers and two workers, and needs it for itself. Each test leaves a whole cluster.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.lab import Lab
from harness.load import LOADED, asked_all_the_time
from harness.stacks import PROBE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last, what makes managers of all nodes: where that breaks off, no other test has to do with it."""
    items.sort(key=lambda item: item.path.name == "test_five.py")


@pytest.fixture(scope="session")
def lab() -> Lab:
    """A cluster with a deployment `probe`, whose images are built."""
    lab = Lab(os.environ.get("LAB", "daytwo"), nodes=5, managers=3)
    lab.up()
    lab.playbooks.do("site")
    lab.whole()
    lab.playbooks.deploy(PROBE, "probe")
    return lab


@pytest.fixture
def load(lab: Lab, tmp_path: Path) -> Iterator[str]:
    """A deployment that is asked all the time, and not once in vain."""
    with asked_all_the_time(lab.cluster, lab.playbooks, tmp_path, LOADED):
        yield "load"
