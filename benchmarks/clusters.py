"""The first site.yml on machines that have all packages, and the second, on clusters of its own."""

import time

from harness.cluster import CHECKOUT, Cluster
from harness.lab import lab_command
from harness.playbooks import Playbooks

from . import sites
from .figures import at_most
from .subnets import Row

SIZES = (3, 9)
MANAGERS = 3
# Seconds of the first run, without downloads, for this many nodes.
TARGETS = {3: 60.0}


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """Seconds of both runs for each size."""
    return [row for size in SIZES for row in _of(size)]


def _of(size: int) -> list[Row]:
    lab = f"bench{size}"
    try:
        lab_command("up", lab, size, MANAGERS)
        cluster = Cluster(CHECKOUT / "inventories" / f"lab-{lab}")
        playbooks = Playbooks(cluster, patience=1800)
        # Nodes as they were, but for their packages: those of managers as well, and nothing else is there beforehand.
        playbooks.do("site")
        playbooks.do("reset", node="all", confirm="yes")
        began = time.monotonic()
        playbooks.do("site")
        spent = time.monotonic() - began
        return [
            at_most(f"first site.yml on {size} nodes, packages there", spent, TARGETS.get(size)),
            *sites.run(cluster, playbooks),
        ]
    finally:
        lab_command("down", lab)
