"""A first site.yml is broken off again and again, and what it has begun is finished by the next."""

from collections.abc import Iterator

import pytest
from conftest import of_its_own
from harness.lab import Lab

# In their order: with each, something is half there.
TASKS = (
    "Write Serf's configuration",
    "Start the swarm",
    "Read the join tokens",
    "Read what the cluster made for Consul",
    "Make the server's certificate",
    "Let Consul know its policies and tokens",
    "Start Consul's clients",
    "Start the agent",
)


@pytest.fixture
def bare() -> Iterator[Lab]:
    with of_its_own("bare", nodes=3, managers=2) as lab:
        yield lab


def test_broken_off_and_run_again(bare: Lab) -> None:
    for task in TASKS:
        bare.playbooks.cut_off("site", task)
    bare.playbooks.do("site")
    bare.whole()
    assert bare.playbooks.do("site").changed == 0
