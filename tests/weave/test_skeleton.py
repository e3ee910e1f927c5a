"""What tests/cluster says of deployments holds where the inventory has Weave."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PAIR, Lab
from harness.cluster import CHECKOUT

# What they say of deployments, and not of nodes.
PARTS = ("deploy", "names", "scale", "compose", "stacks", "rollout", "remove", "status")


@pytest.fixture
def inventory(lab: Lab, tmp_path: Path) -> Path:
    """The lab's, where nobody has to say the driver."""
    inventory = Path(shutil.copytree(lab.cluster.inventory, tmp_path / "inventory"))
    with (inventory / "group_vars" / "all.yml").open("a") as variables:
        variables.write(f"arpanet_driver: weave\nweave_bundle: {lab.bundle}\n")
    return inventory


def test_the_inventory_alone_says_the_driver(lab: Lab, abc: str, inventory: Path) -> None:
    """So that the tests below do run on Weave."""
    lab.playbooks.deploy(PAIR, abc, inventory=inventory)
    assert lab.drivers(abc) == {"weave:latest"}


@pytest.mark.parametrize("part", PARTS)
def test_deployments(inventory: Path, given: bool, part: str) -> None:
    if not given:
        pytest.skip("what stands in for Weave is not the data path that deployments have to hold on")
    words = ["-c", "tests/cluster/pytest.ini", f"tests/cluster/test_{part}.py", "--color=no", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_INVENTORY": str(inventory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.splitlines()[-1])
