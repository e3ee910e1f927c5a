"""Proof on real nodes: `ANSIBLE_INVENTORY=inventories/lab pytest tests/cluster`.

Needs a lab that site.yml has made a cluster of. Every test leaves the cluster as it found it, so
they run in any order and again.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from harness.cluster import CHECKOUT, Cluster
from harness.playbooks import Playbooks
from harness.stacks import FIG, PROBE


class Temporary(Protocol):
    """Deploys, and removes the deployment at the end of the `with`."""

    def __call__(self, deployment: str, stack: Path | str = ...) -> AbstractContextManager[str]: ...


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster of the inventory, with nothing deployed by an earlier run that broke off."""
    inventory = Path(os.environ.get("ANSIBLE_INVENTORY", "inventories/lab"))
    cluster = Cluster(inventory if inventory.is_absolute() else CHECKOUT / inventory)
    _remove(cluster, {key.split("/")[2] for key in cluster.kv("arpanet/deployments/")})
    return cluster


@pytest.fixture(scope="session")
def playbooks(cluster: Cluster) -> Playbooks:
    return Playbooks(cluster)


@pytest.fixture(scope="session")
def abc(cluster: Cluster, playbooks: Playbooks) -> Iterator[str]:
    """The stack of examples/arpanet2, deployed as the README says."""
    playbooks.deploy(FIG, "abc")
    yield "abc"
    _remove(cluster, {"abc"})


@pytest.fixture(scope="session")
def probe(cluster: Cluster, playbooks: Playbooks) -> Iterator[str]:
    """A second deployment, of a stack with a `pricing` and a `catalogue` of its own."""
    playbooks.deploy(PROBE, "probe")
    yield "probe"
    _remove(cluster, {"probe"})


@pytest.fixture
def temporary(cluster: Cluster, playbooks: Playbooks) -> Temporary:
    """`with temporary("xyz", stack):` for a deployment of one test's own."""

    @contextmanager
    def deployed(deployment: str, stack: Path | str = PROBE) -> Iterator[str]:
        try:
            playbooks.deploy(stack, deployment)
            yield deployment
        finally:
            _remove(cluster, {deployment})

    return deployed


def _remove(cluster: Cluster, deployments: set[str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Playbooks(cluster).remove, sorted(deployments)))
