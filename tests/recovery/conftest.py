"""What destroys nodes: `LAB=recovery pytest -c tests/recovery/pytest.ini tests/recovery`.

Makes the lab of that name of three managers, and needs it for itself. Each test leaves a whole cluster.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.cluster import CHECKOUT, Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks

KEEPER = Path(__file__).parent / "stacks" / "keeper" / "compose.yml"


class Lab:
    """Nodes that can be lost for good, and set up anew."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cluster = Cluster(CHECKOUT / "inventories" / f"lab-{name}")
        self.playbooks = Playbooks(self.cluster, patience=900)

    def up(self) -> None:
        """Nodes that are lost are there again, bare."""
        argv = [sys.executable, "-m", "lab", "up", "--lab", self.name, "--nodes", "3", "--managers", "3"]
        subprocess.run(argv, cwd=CHECKOUT, check=True, capture_output=True, text=True)
        # Another connection to each node that is new.
        self.cluster = Cluster(self.cluster.inventory)
        self.playbooks = Playbooks(self.cluster, patience=900)

    def lose(self, *names: str) -> None:
        """Nodes with all that they had on their disks."""
        places = [f"arpanet-{self.name}-{name}" for name in names]
        subprocess.run(["docker", "rm", "--force", "--volumes", *places], check=True, capture_output=True)

    def whole(self) -> None:
        """All that doctor.yml knows to compare is as it should be."""

        def well() -> None:
            run = self.playbooks.run("doctor", repair="true")
            assert run.code == 0, run.output

        eventually(well, within=120)


@pytest.fixture(scope="session")
def made() -> Iterator[Lab]:
    lab = Lab(os.environ.get("LAB", "recovery"))
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
