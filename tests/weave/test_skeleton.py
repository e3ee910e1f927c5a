"""What tests/cluster says of deployments holds where the inventory has Weave."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Lab
from harness.cluster import CHECKOUT

# What they say of deployments, and not of nodes.
PARTS = ("deploy", "names", "scale", "compose", "stacks", "rollout", "remove", "status")


@pytest.mark.parametrize("part", PARTS)
def test_deployments(lab: Lab, tmp_path: Path, part: str) -> None:
    inventory = shutil.copytree(lab.cluster.inventory, tmp_path / "inventory")
    with (inventory / "group_vars" / "all.yml").open("a") as variables:
        variables.write(f"arpanet_driver: weave\nweave_bundle: {lab.bundle}\n")
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
