"""A newer engine: `LAB=upgrade pytest -c tests/upgrade/pytest.ini tests/upgrade`.

Makes the lab of that name of three managers anew for each test, and needs it for itself.
"""

import os
from collections.abc import Iterator

import pytest
from harness.lab import Lab, lab_command


@pytest.fixture
def lab() -> Iterator[Lab]:
    name = os.environ.get("LAB", "upgrade")
    lab_command("down", name)
    lab = Lab(name, nodes=3, managers=3)
    try:
        lab.up()
        lab.playbooks.do("site")
        lab.whole()
        yield lab
    finally:
        lab_command("down", name)
