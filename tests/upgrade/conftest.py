"""A newer engine: `LAB=upgrade pytest -c tests/upgrade/pytest.ini tests/upgrade`.

Makes the lab of that name of three managers, and needs it for itself.
"""

import os

import pytest
from harness.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Lab:
    lab = Lab(os.environ.get("LAB", "upgrade"), nodes=3, managers=3)
    lab.up()
    lab.playbooks.do("site")
    lab.whole()
    return lab
