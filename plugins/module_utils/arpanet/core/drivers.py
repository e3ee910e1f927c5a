"""What carries a deployment's networks.

A deployment has one driver. Each of its networks has the Engine's name of it: `overlay` is Docker's own,
`weave` is a managed plugin under a name of ours, the same on every node. While a deployment moves from one to
the other, its older networks are still on the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .generations import newest
from .names import swarm_name
from .spec import Spec

OVERLAY, WEAVE = "overlay", "weave"
DRIVERS = (OVERLAY, WEAVE)

# The plugin's name on every node, with its tag: what Swarm asks for when it places a task.
PLUGIN = "weave:latest"


def engine_name(driver: str, plugin: str = PLUGIN) -> str:
    """The Engine's name of a driver."""
    return plugin if driver == WEAVE else driver


def carriers(deployment: str, networks: Iterable[str], wanted: str, there: Mapping[str, Spec]) -> dict[str, str]:
    """The Engine's driver of each network: the one that is wanted, but for those that a move leaves.

    :param networks: by generation's name, of which each network has one or two.
    :param there: the Engine's networks of the deployment.
    """
    names = [*networks]
    last = {*newest({name: name for name in names}).values()}
    found = {}
    for name in names:
        old = there.get(swarm_name(deployment, name), {}) if name not in last else {}
        found[name] = str(old.get("Driver") or wanted)
    return found
