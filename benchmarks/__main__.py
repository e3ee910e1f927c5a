"""Measure on a lab, and print every figure beside its target and its peer.

python -m benchmarks [part …]    all of them without a word:
                                  sites, clusters, deploys, starts, updates, large, inventory, joins, failures,
                                  subnets, weave

The inventory is that of ANSIBLE_INVENTORY; site.yml has made a cluster of it before.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from harness.cluster import CHECKOUT, Cluster
from harness.playbooks import Playbooks

from lab import consul

from . import clusters, deploys, failures, figures, inventory, joins, large, sites, starts, subnets, updates, weave
from .subnets import Row

RESULT = CHECKOUT / ".cache/bench.json"
Part = Callable[[Cluster, Playbooks], list[Row]]


def _subnets(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    with consul.server() as url:
        return subnets.run(url)


PARTS: dict[str, Part] = {
    "sites": sites.run,
    "clusters": clusters.run,
    "deploys": deploys.run,
    "starts": starts.run,
    "updates": updates.run,
    "large": large.run,
    "inventory": inventory.run,
    "failures": failures.run,
    "joins": joins.run,
    "subnets": _subnets,
    "weave": weave.run,
}


def main() -> None:
    """A target that is missed is said in the table: this measures, it does not judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all without one")
    chosen = parser.parse_args().parts or list(PARTS)
    inventory = Path(os.environ.get("ANSIBLE_INVENTORY", "inventories/lab"))
    cluster = Cluster(inventory if inventory.is_absolute() else CHECKOUT / inventory)
    playbooks = Playbooks(cluster)
    load = os.getloadavg()[0]
    # Said before anything is measured, for an inventory of nothing ends it here.
    where = f"{len(cluster.nodes)} nodes on {os.cpu_count()} processors, load before {load:.1f}"
    print(f"bench: {where}", flush=True)
    rows: list[Row] = []
    for part in chosen:
        began = time.monotonic()
        print(f"bench: {part} …", flush=True)
        rows += PARTS[part](cluster, playbooks)
        print(f"bench: {part}: {time.monotonic() - began:.0f} s", flush=True)
        # What has been measured is not lost with what comes after it.
        figures.write(RESULT, rows, load)
    print(f"\n{where}\n\n{figures.table(rows)}\n\nAlso in {RESULT.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
