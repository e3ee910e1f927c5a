"""A second site.yml, on a cluster that is as it should be, and where its time goes."""

import re
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from harness.cluster import Cluster
from harness.playbooks import Playbooks

from .figures import at_most
from .subnets import Row

TIMES = 2
# Seconds for this many nodes.
TARGETS = {3: 15.0, 9: 30.0}

_ROLE = re.compile(r"\broles/(\w+)/")


def run(cluster: Cluster, playbooks: Playbooks) -> list[Row]:
    """Seconds of a run that finds nothing to do, and seconds and tasks of each role in it."""
    seconds = []
    with tempfile.TemporaryDirectory() as directory:
        # Ansible's own account of a run, a file each.
        settings = {"ANSIBLE_CALLBACKS_ENABLED": "junit", "JUNIT_OUTPUT_DIR": directory}
        for _ in range(TIMES):
            began = time.monotonic()
            done = playbooks.do("site", settings=settings)
            seconds.append(time.monotonic() - began)
            if done.changed:
                raise RuntimeError(f"a second site.yml changed something:\n{done.output}")
        roles = by_role(max(Path(directory).glob("*.xml"), key=lambda path: path.stat().st_mtime))
    nodes = len(cluster.nodes)
    target = next((limit for count, limit in sorted(TARGETS.items()) if nodes <= count), None)
    rows = [at_most(f"second site.yml on {nodes} nodes", statistics.median(seconds), target)]
    return rows + [at_most(f"  role {role}", spent, unit=f"s, {tasks} tasks") for role, (spent, tasks) in roles.items()]


def by_role(account: Path) -> dict[str, tuple[float, int]]:
    """Role to the seconds of the host that it took longest on, and the most tasks that a host really ran."""
    spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    tasks: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for case in ElementTree.parse(account).iter("testcase"):
        found = _ROLE.search(case.attrib["classname"])
        if found:
            host = case.attrib["name"].partition("]")[0]
            spent[found[1]][host] += float(case.attrib["time"])
            tasks[found[1]][host] += case.find("skipped") is None
    times = {role: (max(hosts.values()), max(tasks[role].values())) for role, hosts in spent.items()}
    return dict(sorted(times.items(), key=lambda item: -item[1][0]))
