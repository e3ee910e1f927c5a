"""How exposed our services are is what docs/security.md says: `systemd-analyze security` on each node."""

import re

from harness.cluster import CHECKOUT, Cluster
from harness.node import Node

# Versions of systemd weigh a little differently.
MARGIN = 0.3

_ROW = re.compile(r"^\| `([\w-]+\.service)` \| ([\d.]+) \|", re.MULTILINE)
_ASK = (
    "cd /etc/systemd/system && systemd-analyze security --no-pager "
    "$(ls | grep -E '^(arpanet-.*|consul|serf)[.]service$') | grep -a 'Overall exposure level'"
)


def measured(node: Node) -> dict[str, float]:
    """Unit to its exposure, from 0 (none) to 10."""
    found = re.findall(r"level for (\S+): ([\d.]+)", node.run(_ASK))
    return {unit: float(figure) for unit, figure in found}


def test_units_are_as_hardened_as_the_documentation_says(cluster: Cluster) -> None:
    said = {unit: float(figure) for unit, figure in _ROW.findall((CHECKOUT / "docs/security.md").read_text())}
    for node, found in cluster.each(measured).items():
        assert found.keys() <= said.keys() and len(found) >= 6, f"{node}: {sorted(found)}"
        # Figures that have become better belong into the documentation, too.
        off = {unit: (figure, said[unit]) for unit, figure in found.items() if abs(figure - said[unit]) > MARGIN}
        assert not off, f"{node}: measured and documented {off}"
