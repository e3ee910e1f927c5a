"""A lab whose nodes can be lost for good, and set up anew."""

import os
import subprocess
import sys

from .cluster import CHECKOUT, Cluster
from .eventually import eventually
from .node import Node
from .playbooks import Playbooks


def lab_command(verb: str, lab: str, nodes: int = 0, managers: int = 0) -> None:
    """`python -m lab up|down`; up with nodes of the system that `molecule` has in its variable OS.

    They have the packages already: molecule/default is about nodes without.
    """
    argv = [sys.executable, "-m", "lab", verb, "--lab", lab]
    if nodes:
        argv += ["--nodes", str(nodes), "--managers", str(managers)]
        argv += ["--stocked", "--os", os.environ.get("OS", "debian-13")]
    subprocess.run(argv, cwd=CHECKOUT, check=True)


class Lab:
    """Made by `up`."""

    def __init__(self, name: str, nodes: int, managers: int) -> None:
        self.name, self._nodes, self._managers = name, nodes, managers
        self.inventory = CHECKOUT / "inventories" / f"lab-{name}"
        self._connect()

    def _connect(self) -> None:
        self.cluster = Cluster(self.inventory)
        self.playbooks = Playbooks(self.cluster, patience=900)

    def up(self) -> None:
        """Nodes that are lost are there again, bare."""
        lab_command("up", self.name, self._nodes, self._managers)
        # Another connection to each node that is new.
        self._connect()

    def lose(self, *names: str) -> None:
        """Nodes with all that they had on their disks."""
        places = [f"arpanet-{self.name}-{name}" for name in names]
        subprocess.run(["docker", "rm", "--force", "--volumes", *places], check=True, capture_output=True)
        # Nobody asks them any more.
        self.cluster.gone(*names)

    def node(self, name: str) -> Node:
        """By its name."""
        return next(node for node in self.cluster.all_nodes if node.name == name)

    def whole(self) -> None:
        """All that doctor.yml knows to compare is as it should be."""

        def well() -> None:
            run = self.playbooks.run("doctor", repair="true")
            assert run.code == 0, run.output

        eventually(well, within=120)
