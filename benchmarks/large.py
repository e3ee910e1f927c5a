"""A stack of fifty services and two hundred tasks: its plan alone, and a deploy with nothing to do."""

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from harness.cluster import Cluster
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

DEPLOYMENT = "benchlarge"
SERVICES, REPLICAS = 50, 4
PLAN_TARGET, IDLE_TARGET = 1.0, 5.0
IDLE = 3
ON_NODE = Path(__file__).parent / "on_node"


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """Both figures. The first deploy takes as long as the nodes need to start the containers."""
    with tempfile.TemporaryDirectory() as directory:
        stack = Path(directory) / "compose.yml"
        # JSON is YAML.
        stack.write_text(json.dumps({"services": {f"s{number}": _service(number) for number in range(SERVICES)}}))
        began = time.monotonic()
        try:
            playbooks.deploy(stack, DEPLOYMENT)
            fresh = time.monotonic() - began
            idle = [_timed(playbooks, stack) for _ in range(IDLE)]
            planned = _planned(cluster)
        finally:
            playbooks.remove(DEPLOYMENT)
    what = f"{SERVICES} services, {SERVICES * REPLICAS} tasks"
    return [
        at_most(f"plan of {what}", planned, PLAN_TARGET),
        at_most(f"deploy.yml, nothing to do ({what})", statistics.median(idle), IDLE_TARGET),
        at_most(f"deploy.yml, fresh ({what})", fresh),
    ]


def _service(number: int) -> dict[str, object]:
    return {
        "image": "arpanet/musl-client",
        "stop_grace_period": "1s",
        "environment": {f"SETTING_{setting}": str(number) for setting in range(10)},
        "deploy": {"replicas": REPLICAS},
    }


def _timed(playbooks: Playbooks, stack: Path) -> float:
    began = time.monotonic()
    run = playbooks.deploy(stack, DEPLOYMENT)
    if run.changed:
        raise RuntimeError(f"deploy.yml changed {run.changed}:\n{run.output}")
    return time.monotonic() - began


def _planned(cluster: Cluster) -> float:
    """Seconds to read the deployment and to plan it against itself, on a manager."""
    manager = cluster.managers[0]
    manager.run("cat > /root/bench_plan.py", stdin=(ON_NODE / "plan.py").read_text())
    try:
        command = f"PYTHONPATH=/opt/arpanet/current python3 /root/bench_plan.py {DEPLOYMENT}"
        return float(manager.run(command, timeout=120))
    except subprocess.SubprocessError as error:
        raise RuntimeError("the plan could not be timed") from error
    finally:
        manager.run("rm -f /root/bench_plan.py")
